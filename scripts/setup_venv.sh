#!/bin/sh
# Usage: setup_venv.sh REQUIREMENT, in the root of the checkout; for example '.[dev]'.
# Makes .venv with uv where there is one, else with Python's own venv and pip, and installs the
# checkout in it, editable. A .venv that works is kept.
set -eu

say() { printf '%s\n' "$*" >&2; }

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && is_recent "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    say 'pgcredits needs Python 3.11 or newer, and there is none on PATH.'
    say 'Install one (or uv, which fetches one), or run: make PYTHON=/path/to/python3 ...'
    exit 1
}

make_with_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$python has no venv module with pip. On Debian and Ubuntu: apt install python3-venv"
        say 'Or install uv (https://docs.astral.sh/uv/), which needs neither.'
        exit 1
    fi
    "$python" -m venv --clear .venv
}

uv=$(command -v uv || true)
if ! is_recent .venv/bin/python; then
    say 'Making .venv ...'
    if [ -n "$uv" ]; then
        "$uv" venv --quiet --clear --python "${PYTHON:->=3.11}" .venv
    else
        make_with_venv
    fi
fi

say 'Installing the dependencies in .venv (the first time takes a minute) ...'
if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python .venv/bin/python --editable "$1"
elif .venv/bin/python -c 'import pip' 2>/dev/null; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$1"
else
    say '.venv was made by uv, which is gone, and has no pip: run "make clean" and try again'
    exit 1
fi
