#!/usr/bin/env python3
"""Takes the library into a small project by one route, builds it, runs it, and checks that its flags were left alone.

    check.py ROUTE SOURCE BUILD_FOLDER CMAKE COMPILER XSIMD_FOLDER…
"""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

STRICT = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]


def run(*command, **how):
    print("+", *command, flush=True)
    return subprocess.run([str(c) for c in command], check=True, **how)


def flags_of(commands, source):
    """The command line that compiled `source`, without its include paths and its own names."""
    command = next(c for c in commands if c["file"].endswith("/" + source))
    flags, skip = [], False
    for word in shlex.split(command["command"]):
        if skip or word.startswith("-I"):
            skip = False
        elif word in ("-isystem", "-o", "-c"):
            skip = True
        else:
            flags.append(word)
    return flags


def install(source, build, cmake, compiler):
    prefix = build / "prefix"
    run(cmake, "-S", source, "-B", build / "install", f"-DCMAKE_INSTALL_PREFIX={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}",
        "-DTESSERA_BUILD_TESTS=OFF", "-DTESSERA_BUILD_EXAMPLES=OFF", "-DTESSERA_BUILD_BENCHMARKS=OFF")
    run(cmake, "--install", build / "install")
    assert not list(prefix.glob("lib*")), "only files that depend on the architecture belong into lib/"
    return prefix


def by_cmake(route, source, build, cmake, compiler):
    options = {"add_subdirectory": f"-DTESSERA_SOURCE={source}", "fetch_content": f"-DFETCHCONTENT_SOURCE_DIR_TESSERA={source}"}
    option = options.get(route) or f"-DCMAKE_PREFIX_PATH={install(source, build, cmake, compiler)}"
    run(cmake, "-S", source / "tests/consumers" / route, "-B", build / "project", option, f"-DCMAKE_CXX_COMPILER={compiler}",
        "-DCMAKE_CXX_FLAGS=" + " ".join(STRICT), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    run(cmake, "--build", build / "project")
    commands = json.loads((build / "project/compile_commands.json").read_text())
    consumer, without, untouched = (flags_of(commands, f"{name}.cpp") for name in ("main", "without", "untouched"))
    assert consumer == without, f"linking the library changed the flags: {consumer} instead of {without}"
    assert not [f for f in untouched if f.startswith("-std")], f"another target's standard changed: {untouched}"
    run(build / "project/consumer")


def by_command(flags, source, build, compiler):
    build.mkdir(parents=True, exist_ok=True)
    run(compiler, "-std=c++20", *STRICT, *flags, source / "tests/consumers/main.cpp", "-o", build / "consumer")
    run(build / "consumer")


def main():
    route, source, build, cmake, compiler = sys.argv[1], *map(pathlib.Path, sys.argv[2:4]), *sys.argv[4:6]
    source, build = source.resolve(), build.resolve()
    shutil.rmtree(build, ignore_errors=True)
    if route == "bare_include":
        folders = [source / "include", *sys.argv[6:]]
        by_command([f"-I{folder}" for folder in folders if str(folder) != "/usr/include"], source, build, compiler)
    elif route == "pkg_config":
        if not shutil.which("pkg-config"):
            print("skipped: pkg-config is not installed")
            return
        found = install(source, build, cmake, compiler) / "share/pkgconfig"
        searched = {**os.environ, "PKG_CONFIG_PATH": f"{found}:{os.environ.get('PKG_CONFIG_PATH', '')}"}
        told = run("pkg-config", "--cflags", "tessera", env=searched, capture_output=True, text=True).stdout
        assert "-std" not in told and "-W" not in told and "-m" not in told, told
        by_command(shlex.split(told), source, build, compiler)
    else:
        by_cmake(route, source, build, cmake, compiler)


if __name__ == "__main__":
    main()
