#!/usr/bin/env python3
"""Checks that a snippet does not compile, and that the compiler says why: check.py SNIPPET COMPILER FLAGS…

The snippet's first line is `// expect: REGEX`; some line of the compiler's output must match it.
"""
import pathlib
import re
import subprocess
import sys


def main():
    snippet, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
    expected = re.match(r"// expect: (.+)\n", snippet.read_text(encoding="utf-8"))
    if not expected:
        print(f"{snippet}: the first line is not `// expect: REGEX`")
        return 1
    tried = subprocess.run([*command, "-fsyntax-only", snippet], capture_output=True, text=True)
    if tried.returncode == 0:
        print(f"{snippet} compiles, but should be refused with: {expected[1]}")
        return 1
    if not re.search(expected[1], tried.stderr):
        print(f"{snippet} is refused, but the message does not match: {expected[1]}\n{tried.stderr[:6000]}")
        return 1
    print(f"{snippet.name} is refused as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
