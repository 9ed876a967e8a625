"""The work folder: what was made is kept under the hash of everything that it was made of, and made once.

build/quantize/<recipe>/<key>/    the variants' files, `variants.json` when all are there, what was measured
"""

import ast
import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge.core.codec import dumps, loads, to_json
from edge.core.errors import InputError
from edge.fetch import file_sha256
from edge.manifest import load_manifests
from edge.resources import data_dir
from tools.quantize.family import MODULES, Measured, Progress, Variant, family
from tools.quantize.recipe import Recipe

_OURS = ("edge", "tools")
_NO_ARITHMETIC = {"edge.core.errors", "tools.quantize.family", "tools.quantize.recipe", "tools.quantize.source"}
"""Modules that cannot change what is made: they carry it."""
_NAMED = re.compile(r"tools\.bench\.[a-z_]+")


@dataclass(frozen=True, slots=True)
class _KeptFile:
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _KeptVariant:
    name: str
    files: tuple[_KeptFile, ...]
    bits: int
    shipped: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    variants: tuple[_KeptVariant, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What a recipe made, and the folder that holds it."""

    recipe: Recipe
    folder: Path
    variants: tuple[Variant, ...]
    """The float one first."""


def build(recipe: Recipe, root: Path, *, force: bool, progress: Progress) -> Work:
    """The variants of a recipe: those that are kept, or new ones.

    root: the work folder. force: make them anew. Raises EdgeError: what the family raises, InputError
    (`quantize.recipe` for a base that is not there, `quantize.budget`, `quantize.busy`).
    """
    folder = root / recipe.id / _key(recipe)
    with _alone(root / recipe.id):
        if force and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        variants = _kept(folder)
        if not variants:
            variants = family(recipe.family).build(recipe, folder, progress=progress)
            _keep(folder, variants)
        for other in folder.parent.iterdir():
            if other.is_dir() and other != folder:
                shutil.rmtree(other)  # of a recipe or a source that is no more
    for variant in variants:
        if variant.shipped and 0 < recipe.budget_bytes < variant.bytes:
            told = f"{recipe.path}: {variant.name} takes {variant.bytes:,} bytes, its budget is {recipe.budget_bytes:,}"
            raise InputError("quantize.budget", told)
    return Work(recipe, folder, variants)


def measure(work: Work, variant: Variant, *, data: Path | None, force: bool, progress: Progress) -> Measured | None:
    """What a variant is worth: as it was measured before on the same data by the same code, or now.

    Raises EdgeError as the family does.
    """
    inputs = {
        "files": [file_sha256(file) for file in variant.files],
        "code": code_of(MODULES[work.recipe.family], benchmarks=True),
        "data": _listing(data) if data is not None and data.is_dir() else "",
    }
    path = work.folder / f"measured-{variant.name}-{_hash(inputs)[:12]}.json"
    if path.exists() and not force:
        return loads(Measured, path.read_bytes())
    found = family(work.recipe.family).measure(work.recipe, variant, data=data, progress=progress)
    if found is not None:
        write_text(path, dumps(found, indent=2) + "\n")
    return found


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    aside = path.with_name(f".new-{path.name}")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


@cache
def code_of(module: str, *, benchmarks: bool) -> str:
    """Hash of a module, of all that it imports of this project, and of the versions of its libraries.

    benchmarks: follow `tools.bench` modules, too, that are named in text alone, as they are run in processes.
    """
    found: dict[str, str] = {"python": ".".join(map(str, sys.version_info[:2]))}
    todo = [module]
    while todo:
        name = todo.pop()
        if name in found or name in _NO_ARITHMETIC:
            continue
        path = _file_of(name)
        if path is None:
            continue
        source = path.read_bytes()
        found[name] = hashlib.sha256(source).hexdigest()
        for used in _imports(ast.parse(source), benchmarks=benchmarks):
            if used.partition(".")[0] in _OURS:
                todo.append(used)
            else:
                found |= _version(used.partition(".")[0])
    return _hash(found)


def _key(recipe: Recipe) -> str:
    manifests = load_manifests([data_dir("models")])
    if recipe.base and recipe.base not in manifests:
        raise recipe.wrong("base", f"there is no manifest models/{recipe.base}.toml")
    inputs = {
        "family": recipe.family,
        "options": to_json(recipe.options),
        "ship": sorted(recipe.ship),
        "source": to_json(manifests[recipe.base].files) if recipe.base else [],
        "reads": [file_sha256(path) for path in family(recipe.family).reads()],
        "code": code_of(MODULES[recipe.family], benchmarks=False),
    }
    return _hash(inputs)[:16]


def _kept(folder: Path) -> tuple[Variant, ...]:
    """None when the variants are not all here, as they were made."""
    try:
        kept = loads(_Kept, (folder / "variants.json").read_bytes())
        if any(file_sha256(folder / f.name) != f.sha256 for variant in kept.variants for f in variant.files):
            return ()
    except (OSError, InputError):
        return ()
    return tuple(
        Variant(variant.name, tuple(folder / file.name for file in variant.files), variant.bits, variant.shipped)
        for variant in kept.variants
    )


def _keep(folder: Path, variants: tuple[Variant, ...]) -> None:
    kept = tuple(
        _KeptVariant(
            variant.name,
            tuple(_KeptFile(_name(file, folder), file_sha256(file)) for file in variant.files),
            variant.bits,
            variant.shipped,
        )
        for variant in variants
    )
    write_text(folder / "variants.json", dumps(_Kept(kept), indent=2) + "\n")


def _name(file: Path, folder: Path) -> str:
    """Below the folder, or where it is: a float model that is used as it came stays in its package."""
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            told = f"another run is at work in {folder}: wait for it, or name another folder with --work"
            raise InputError("quantize.busy", told) from error
        yield


def _file_of(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # a name of a module, not a module
        return None
    return Path(spec.origin) if spec is not None and spec.origin else None


def _imports(tree: ast.AST, *, benchmarks: bool) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif benchmarks and isinstance(node, ast.Constant) and _NAMED.fullmatch(str(node.value)):
            yield str(node.value)


def _version(name: str) -> Mapping[str, str]:
    if name in sys.stdlib_module_names:
        return {}
    return {package: importlib.metadata.version(package) for package in _packages().get(name, ())}


@cache
def _packages() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


def _listing(data: Path) -> str:
    files = sorted(path for path in data.rglob("*") if path.is_file())
    return _hash([[path.relative_to(data).as_posix(), path.stat().st_size, path.stat().st_mtime_ns] for path in files])


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
