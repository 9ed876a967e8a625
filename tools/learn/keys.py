"""Keys that packs are signed with: made once, kept in a file for its owner alone, never in the repository.

The file holds one line, the 32 bytes of an Ed25519 seed (RFC 8032) in base64. The public key, which the hubs are told,
follows from it.
"""

import argparse
import base64
import binascii
import json
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.core.errors import EdgeError, InputError, MissingError
from edge.upstream.signed import key_id

_MAX = 1_000


def make(path: Path) -> bytes:
    """Make a key in a file that is not there yet; its public key.

    Raises InputError (`keys.exists`, `keys.write`), MissingError.
    """
    seed = os.urandom(32)
    public = public_of(seed)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(seed) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise InputError("keys.exists", f"{path} is there already, and a key is never written over") from error
    except OSError as error:
        raise InputError("keys.write", f"{path} cannot be written ({error.strerror})") from error
    return public


def read(path: Path) -> bytes:
    """The seed of a key's file. Raises InputError (`keys.file`, `keys.open_to_others`)."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX)
    except OSError as error:
        raise InputError("keys.file", f"{path} cannot be read ({error.strerror})") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError("keys.open_to_others", f"{path} is not for its owner alone: run chmod 600 {path}")
    try:
        seed = base64.b64decode(data.strip(), validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != 32:
        raise InputError("keys.file", f"{path} holds no key, as python -m tools.learn keys makes one")
    return seed


def public_of(seed: bytes) -> bytes:
    """The public key of a seed. Raises MissingError (`keys.library`)."""
    try:
        from nacl.signing import SigningKey
    except ImportError:
        raise MissingError(
            "keys.library", "PyNaCl is not installed: make setup, or pip install -e '.[upstream]'"
        ) from None
    return bytes(SigningKey(seed).verify_key)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the key or read it, and print the public one. Exit status as documented in the README."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.learn keys",
        description="Make a key to sign packs with, or show the public one of a key.",
        epilog="example: python -m tools.learn keys pack.key",
    )
    parser.add_argument("key", type=Path, metavar="FILE", help="the key's file; made where there is none")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(argv)
    try:
        there = args.key.exists()
        public = public_of(read(args.key)) if there else make(args.key)
    except EdgeError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    if not there:
        sys.stderr.write(f"made {args.key}; whoever has this file can sign packs\n")
    written = base64.b64encode(public).decode()
    if args.json:
        print(json.dumps({"public_key": written, "id": key_id(public), "made": not there}))
    else:
        print(f"pack_key = {json.dumps(written)}   # for the section [upstream] of edge.toml; key {key_id(public)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
