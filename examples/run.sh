#!/bin/sh
# The main job: builds the example program `generate` and lets the embedded language model continue a sentence.
set -eu
cd "$(dirname "$0")/.."
. cmake/packages.sh

require compiler cmake make xsimd cli11

mkdir -p build
configure build > build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
say "Building build/examples/generate ..."
cmake --build build --target generate --parallel "$(cores)" >&2

say "" "A model of five million parameters, trained on the novels of Jane Austen, continues her best-known sentence:" ""
build/examples/generate examples/models/austen --prompt "It is a truth universally acknowledged, that" \
    --max-tokens 300 --threads "$(cores)"

cat >&2 << 'END'

Where to go next:
  build/examples/generate examples/models/austen --interactive      your own sentences
  sh examples/models/fetch.sh smollm2                               a real checkpoint, which chats
  sh tests/run.sh                                                   build everything and run the tests
  ls examples/*.cpp                                                 the other programs, each short; they land in build/examples/
END
