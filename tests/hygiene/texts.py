#!/usr/bin/env python3
"""Checks the project's own texts: nothing is left to do in a comment, no path of one person's machine, no stray bytes."""
import pathlib
import re
import subprocess
import sys

TEXTS = {".hpp", ".cpp", ".py", ".sh", ".md", ".txt", ".cmake", ".in", ".yml", ".toml", ".html", ""}
FORBIDDEN = {
    "something left to do": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b"),
    "a path of one machine": re.compile(r"(?<![\w.])/(?:wo" r"rk|ho" r"me|ro" r"ot)/|\.\./sha" r"red\b"),
    "a tab": re.compile(r"\t"),
    "blanks at the end of a line": re.compile(r"[ \t]+$"),
}


def files(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        return [root / name for name in listed.stdout.split("\0") if name]
    return [p for p in root.rglob("*") if p.is_file() and not p.relative_to(root).parts[0].startswith(("build", ".git"))]


def main():
    root = pathlib.Path(sys.argv[1])
    problems, count = [], 0
    for path in files(root):
        name = path.relative_to(root).as_posix()
        if path.suffix not in TEXTS or not path.is_file() or "/golden/" in name:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            problems.append(f"{name}: not UTF-8")
            continue
        count += 1
        for number, line in enumerate(text.split("\n"), 1):
            problems += [f"{name}:{number}: {what}: {line.strip()[:100]}" for what, p in FORBIDDEN.items() if p.search(line)]
    print("\n".join(problems) if problems else f"{count} texts are clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
