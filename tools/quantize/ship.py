"""What hubs get of a recipe: files below models/, each model with its manifest; or what is other there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.core.errors import InputError
from tools.quantize.family import Variant
from tools.quantize.manifest import entry, with_files
from tools.quantize.recipe import Recipe, Shipped
from tools.quantize.work import Work, write_bytes


def ship(work: Work, models: Path) -> list[Path]:
    """Write what is new or other, a model's manifest after its files, and return it.

    models: the folder models/ of a checkout. Raises InputError (`quantize.recipe` for a variant that is not made,
    `quantize.disk`).
    """
    written = []
    try:
        for path, data in _wanted(work, models):
            if not path.exists() or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(path, data)
                written.append(path)
    except OSError as error:
        raise InputError("quantize.disk", f"cannot write below {models}: {error.strerror}") from error
    return written


def differences(work: Work, models: Path) -> list[Path]:
    """Files below models/ that are not there, or are not what the recipe makes."""
    return [path for path, data in _wanted(work, models) if not path.is_file() or path.read_bytes() != data]


def _wanted(work: Work, models: Path) -> Iterator[tuple[Path, bytes]]:
    variants = {variant.name: variant for variant in work.variants}
    for name, shipped in work.recipe.ship.items():
        if name not in variants:
            raise work.recipe.wrong(f"ship.{name}", f"there is no such variant; there are {', '.join(variants)}")
        for file in variants[name].files:
            yield models / shipped.id / file.name, file.read_bytes()
        yield models / f"{shipped.id}.toml", manifest(work.recipe, shipped, variants[name]).encode()


def manifest(recipe: Recipe, shipped: Shipped, variant: Variant) -> str:
    """The text of a shipped variant's manifest."""
    head: dict[str, Any] = {"id": shipped.id, "task": shipped.task.value, "licence": recipe.licence}
    if shipped.languages:
        head["languages"] = list(shipped.languages)
    if shipped.phrase:
        head["phrase"] = shipped.phrase
    if note := shipped.note or recipe.note:
        head["note"] = note
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    source = ["", "[[sources]]", 'kind = "carried"', f'recipe = "{recipe.id}"', ""]
    return with_files("\n".join([*lines, *source]), [entry(file.name, file.read_bytes()) for file in variant.files])
