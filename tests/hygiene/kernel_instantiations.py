#!/usr/bin/env python3
"""Counts how often a program instantiates the attention kernels: kernel_instantiations.py PROGRAM [NM]

At most four for each policy: prefill and decode, for keys of 32 and of 16 bits.
"""
import collections
import pathlib
import re
import subprocess
import sys

PER_POLICY = 4
IN_ALL = 32
KERNEL = re.compile(r"attention::(flash|split)<")


def arguments(symbol, start):
    """The template arguments that begin at `start`, up to the bracket that closes them, split at the outermost commas."""
    depth, parts, part = 1, [], ""
    for c in symbol[start:]:
        depth += (c in "<(") - (c in ">)")
        if depth == 0:
            break
        if c == "," and depth == 1:
            parts.append(part.strip())
            part = ""
        else:
            part += c
    return (*parts, part.strip())


def main():
    program, nm = pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "nm"
    if not program.exists():
        print(f"skipped: {program} is not built")
        return 0
    symbols = subprocess.run([nm, "-C", program], check=True, capture_output=True, text=True).stdout
    found = {(m[1], *arguments(line, m.end())) for line in symbols.split("\n") for m in KERNEL.finditer(line)}
    policies = collections.Counter(policy for _, policy, *_ in found)
    for kernel in sorted(found):
        print(f"{kernel[0]}<{', '.join(kernel[1:])}>")
    print(f"{len(found)} instantiations for {len(policies)} policies")
    too_many = [f"{count} for {policy}" for policy, count in policies.items() if count > PER_POLICY]
    if not found:
        print("no kernel was found: have they been renamed?")
    if too_many or len(found) > IN_ALL:
        print(f"too many (at most {PER_POLICY} for a policy, {IN_ALL} in all): {', '.join(too_many)}")
    return 1 if too_many or len(found) > IN_ALL or not found else 0


if __name__ == "__main__":
    sys.exit(main())
