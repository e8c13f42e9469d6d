#!/usr/bin/env python3
"""Checks that the #include edges between the folders of include/tessera follow the arrow of the library's layers."""
import pathlib
import re
import sys

LAYERS = [
    {"core"},
    {"exec", "simd"},
    {"ops", "quant"},
    {"gemm"},
    {"position", "norm", "conv", "ffn", "embedding", "attention", "recurrence", "cache", "audio"},
    {"model"},
    {"sample"},
    {"draft", "verify", "constrain"},
    {"decode"},
    {"models"},
]
LEVEL = {folder: level for level, folders in enumerate(LAYERS) for folder in folders}
OUTSIDE = {"io": {"core", "quant"}, "text": {"core", "io"}}  # beside the arrow: what each of them sees
ANYTHING = {"testing", "interop"}
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]tessera/([^">]+)[">]', re.MULTILINE)


def may_include(source, target):
    """May a header of the folder `source` include one of the folder `target`?"""
    if source == target or source in ANYTHING:
        return True
    if target in ANYTHING:
        return False
    if source in OUTSIDE:
        return target in OUTSIDE[source]
    if target in OUTSIDE:
        return source == "models"  # where files, tokens and models meet
    return LEVEL[target] < LEVEL[source]


def problems_of(header, root, folders):
    name = header.relative_to(root).as_posix()
    source = name.split("/")[0] if "/" in name else None
    umbrella = source is None and header.stem in folders
    if source and source not in LEVEL and source not in OUTSIDE and source not in ANYTHING:
        yield f"{name}: the folder {source}/ has no place in the layers"
        return
    for included in INCLUDE.findall(header.read_text(encoding="utf-8")):
        target = included.split("/")[0] if "/" in included else None
        if not (root / included).is_file():
            yield f"{name}: includes {included}, which does not exist"
        elif included == "config.hpp" or name == "tessera.hpp":
            continue
        elif target is None:
            if source not in ANYTHING:
                yield f"{name}: includes {included}: headers name the part that they need"
        elif umbrella and target != header.stem:
            yield f"{name}: an umbrella includes only its own folder, not {included}"
        elif source is None and target in ANYTHING and not umbrella:
            yield f"{name}: must not include {included}"
        elif source and not may_include(source, target):
            yield f"{name}: {source}/ must not include {included}"


def main():
    root = pathlib.Path(sys.argv[1]) / "tessera"
    headers = sorted(root.rglob("*.hpp"))
    folders = {path.name for path in root.iterdir() if path.is_dir()}
    problems = [problem for header in headers for problem in problems_of(header, root, folders)]
    print("\n".join(problems) if problems else f"{len(headers)} headers, every edge follows the arrow")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
