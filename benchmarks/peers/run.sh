#!/bin/sh
# Measures Tessera beside its peers on this machine. See README.md here; all arguments go to compare_llama_cpp.py.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
version=0.3.36 # of llama-cpp-python

# PEER_PYTHON: a Python that has llama-cpp-python already; otherwise one is made in .venv here (builds llama.cpp: 5 to 20 minutes).
if [ -z "${PEER_PYTHON:-}" ]; then
    PEER_PYTHON=$here/.venv/bin/python
    if ! "$PEER_PYTHON" -c 'import llama_cpp' >/dev/null 2>&1; then
        echo "run.sh: installing llama-cpp-python $version into $here/.venv (compiles llama.cpp for this machine)" >&2
        python3 -m venv "$here/.venv" || {
            echo "run.sh: needs Python 3 with venv (Debian, Ubuntu: apt-get install python3-venv) and a C++ compiler" >&2
            exit 1
        }
        "$PEER_PYTHON" -m pip install --quiet --disable-pip-version-check "llama-cpp-python==$version"
    fi
fi
sh "$root/examples/models/fetch.sh" smollm2 >&2
exec "$PEER_PYTHON" "$here/compare_llama_cpp.py" "$@"
