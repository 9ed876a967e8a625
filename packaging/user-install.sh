#!/bin/sh
# Install the command `edge` for this user: make install. Again it brings it up to date: the new environment is made
# beside the old one and tried, then one link is changed, so that whatever goes wrong leaves what was there.
set -eu
python=$1 extras=$2
top=${XDG_DATA_HOME:-$HOME/.local/share}/edge
command=$HOME/.local/bin/edge
mkdir -p -m 700 "$top"
new=$(mktemp -d "$top/venv-XXXXXX")
trap 'rm -rf "$new"' EXIT
"$python" -m venv "$new"
"$new/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt ".[$extras]"
"$new/bin/edge" service check >"$new/check.txt" 2>&1 || { cat "$new/check.txt" >&2; exit 1; }
mkdir -p "$HOME/.local/bin"
ln -s "$new/bin/edge" "$command.new.$$"
mv -f "$command.new.$$" "$command"
trap - EXIT
for old in "$top"/venv "$top"/venv-*; do
    [ "$old" = "$new" ] || rm -rf "$old"
done
echo "installed: $command (next: edge doctor)"
