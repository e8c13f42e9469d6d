#!/usr/bin/env python3
"""Checks that the program in the README is examples/story.cpp, which is built and run: readme.py ROOT."""
import pathlib, re, sys

root = pathlib.Path(sys.argv[1])
shown = re.search(r"```cpp\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.S).group(1)
built = (root / "examples/story.cpp").read_text(encoding="utf-8").split("\n", 1)[1]
if shown != built:
    sys.exit("README.md: the first program differs from examples/story.cpp")
print("README.md shows examples/story.cpp")
