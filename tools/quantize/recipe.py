"""What is made of a model and how: one TOML file, read strictly.

id = "minilm-int8"
family = "minilm"
base = "all-minilm-l6-v2"         # id of the manifest of the model that it starts from
licence = "Apache-2.0"

[options]                         # the family's own
sentences = 400

[ship.int8]                       # variants that hubs get
id = "my-encoder"                 # files go to models/my-encoder/, the manifest is models/my-encoder.toml
task = "encoder"
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.core.codec import from_json
from edge.core.errors import EdgeError, InputError
from edge.manifest import Task
from tools.quantize.family import MODULES, family

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Shipped:
    """Where a variant that hubs get goes, and what its manifest says."""

    id: str
    """Of the model: its files are below models/<id>/, its manifest is models/<id>.toml."""
    task: Task
    languages: tuple[str, ...] = ()
    phrase: str = ""
    """Wake models only."""
    note: str = ""
    """The recipe's, where none is given."""


@dataclass(frozen=True, slots=True)
class _Head:
    id: str
    family: str
    licence: str
    base: str = ""
    note: str = ""
    budget_bytes: int = 0
    ship: Mapping[str, Shipped] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe, checked."""

    id: str
    """Name of its file, without `.toml`."""
    family: str
    licence: str
    """SPDX identifier, of what is made."""
    base: str
    """Id of the manifest that names the float model; none where the family makes that itself."""
    note: str
    budget_bytes: int
    """What a shipped variant may take; 0: no limit."""
    ship: Mapping[str, Shipped]
    """By the variant's name."""
    options: Any
    """The family's options, as its dataclass."""
    path: Path
    """The file, for messages."""

    def wrong(self, key: str, wanted: str) -> InputError:
        """The error for a value that turned out not to fit."""
        return InputError("quantize.recipe", f"{self.path}: {key}: {wanted}")


def read_recipe(path: Path) -> Recipe:
    """The recipe in a file.

    Raises InputError (`quantize.recipe`) that names file and key, or MissingError (`quantize.extra`).
    """

    def wrong(told: object) -> InputError:
        return InputError("quantize.recipe", f"{path}: {told}")

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        head = from_json(_Head, data)
    except OSError as error:
        raise wrong(f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, EdgeError) as error:
        raise wrong(str(error).replace("_Head", "a recipe")) from error
    if head.id != path.stem or not _ID.fullmatch(head.id):
        raise wrong(f"id: expected the file's own name, {path.stem}, in lower case")
    if head.family not in MODULES:
        raise wrong(f"family: expected one of {', '.join(sorted(MODULES))}")
    if not head.licence:
        raise wrong("licence: expected an SPDX identifier")
    if head.budget_bytes < 0:
        raise wrong("budget_bytes: expected a number of bytes")
    for name, shipped in head.ship.items():
        if not _ID.fullmatch(shipped.id):
            raise wrong(f"ship.{name}.id: expected the id of a model, in lower case")
        if bool(shipped.phrase) != (shipped.task is Task.WAKE):
            raise wrong(f"ship.{name}.phrase: expected a wake model's phrase, and no other's")
    kind = family(head.family).options
    try:
        options: object = from_json(kind, dict(head.options), "options")
    except EdgeError as error:
        raise wrong(error) from error
    except ValueError as error:
        raise wrong(f"options.{error}") from error
    return Recipe(
        id=head.id,
        family=head.family,
        licence=head.licence,
        base=head.base,
        note=head.note,
        budget_bytes=head.budget_bytes,
        ship=head.ship,
        options=options,
        path=path,
    )
