#!/bin/sh
# Install the hub as a service from the wheels beside this file, without a network: sudo sh install.sh [--dry-run]
# What it does is done by `edge service install` of the wheel itself, which needs nothing but Python for that.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python=${PYTHON:-python3}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS)
"$python" -I -m zipfile -e "$here"/edge_hub-*.whl "$made"
cd "$made"
"$python" -B -m edge service install --wheelhouse "$here" "$@"
