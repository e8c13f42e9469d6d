#!/usr/bin/env python3
"""Checks that each folder X of include/tessera has an umbrella X.hpp with all its headers, and tessera.hpp all of those.

    umbrellas.py INCLUDE_FOLDER [--write]      with --write they are written anew
"""
import pathlib
import sys

# Chosen by other headers for one instruction set; with libraries that not everybody has; for checks, not for programs.
ONE_INSTRUCTION_SET = {"sse", "sse2", "sse4_2", "avx", "avx2", "avx512", "neon", "neon64", "generic", "registers"}
WITHOUT_UMBRELLA = {"interop"}
NOT_IN_TESSERA = {"testing"}


def text_of(sentence, headers):
    return f"// {sentence}\n#pragma once\n\n" + "".join(f'#include "tessera/{header}"\n' for header in headers)


def umbrellas(root):
    """Yields (path, text) of every umbrella as it should be."""
    folders = sorted(p.name for p in root.iterdir() if p.is_dir() and p.name not in WITHOUT_UMBRELLA)
    folders = [folder for folder in folders if list((root / folder).glob("*.hpp"))]
    for folder in folders:
        stems = sorted(path.stem for path in (root / folder).glob("*.hpp"))
        if folder in ("simd", "gemm"):
            stems = [stem for stem in stems if stem not in ONE_INSTRUCTION_SET]
        yield root / f"{folder}.hpp", text_of(f"All of tessera/{folder}/.", [f"{folder}/{stem}.hpp" for stem in stems])
    stories = sorted(p.name for p in root.glob("*.hpp") if p.stem not in folders and p.name not in ("tessera.hpp", "config.hpp"))
    everything = ["config.hpp"] + sorted([f"{folder}.hpp" for folder in folders if folder not in NOT_IN_TESSERA] + stories)
    yield root / "tessera.hpp", text_of("Everything. Programs that care how long they compile include what they need.", everything)


def main():
    root, write = pathlib.Path(sys.argv[1]) / "tessera", "--write" in sys.argv
    stale = [(p, text) for p, text in umbrellas(root) if not p.exists() or p.read_text(encoding="utf-8") != text]
    for path, text in stale:
        if write:
            path.write_text(text, encoding="utf-8")
        print(f"{path}: {'written' if write else 'is not what the folder holds'}")
    if stale and not write:
        print("Write them with: python3 tests/hygiene/umbrellas.py include --write")
    return 1 if stale and not write else 0


if __name__ == "__main__":
    sys.exit(main())
