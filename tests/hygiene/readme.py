#!/usr/bin/env python3
"""Checks that the README's program is examples/story.cpp, which is built and run, and that its table of families names
just those that the example programs load: readme.py ROOT."""
import pathlib, re, sys

root = pathlib.Path(sys.argv[1])
readme = (root / "README.md").read_text(encoding="utf-8")


def check_program():
    shown = re.search(r"```cpp\n(.*?)```", readme, re.S).group(1)
    built = (root / "examples/story.cpp").read_text(encoding="utf-8").split("\n", 1)[1]
    if shown != built:
        sys.exit("README.md: the first program differs from examples/story.cpp")
    print("README.md shows examples/story.cpp")


def families_in_table():
    section = readme.split("\n## Families\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    return {name for row in rows[1:] for name in re.findall(r"[a-z0-9_\-]+", row.split("|")[1])}


def families_loaded():
    model_types = {}     # of each recipe
    for header in sorted((root / "include/tessera/models").glob("*.hpp")):
        text = header.read_text(encoding="utf-8")
        for found in re.finditer(r"^struct (\w+)[^;{]*\{\s*static constexpr std::string_view model_types\[\] = \{(.*?)\}", text, re.S | re.M):
            model_types[found[1]] = re.findall(r'"([^"]+)"', found[2])
    loaded = set()
    for group in sorted((root / "examples/families").glob("*.cpp")):
        for listed in re.findall(r"group_of<(.*?)>\(\)", group.read_text(encoding="utf-8"), re.S):
            for recipe in re.findall(r"models::(\w+)", listed):
                loaded.update(model_types[recipe])
    return loaded


check_program()
named, loaded = families_in_table(), families_loaded()
if named != loaded:
    sys.exit(f"README.md: the table of families lacks {sorted(loaded - named)} and should not have {sorted(named - loaded)}")
print(f"README.md names all {len(loaded)} families")
