"""One configured value: from TOML or text to the type that its field declares, checked."""

import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_SHOWN = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Range:
    """Least and greatest value of a number, both allowed."""

    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Matching:
    """Text that a regular expression matches from end to end."""

    pattern: str
    what: str
    """What such text is, for the person who wrote something else."""
    paths: tuple[str, ...] = ()
    """Endings that make such text the path of a file, which may begin with `~` or be relative to the file it is in."""


class WrongValueError(ValueError):
    """`expected …, found …`: the value does not fit its field."""


def check(kind: Any, raw: object, *, base: Path, home: Path, secret: bool = False) -> object:
    """The value for a field of this type, immutable.

    kind: the field's annotation. raw: as TOML has it. base: folder that relative paths start from; home: what `~` is.
    Empty text for a field that may be None is None: TOML has no other word for it.
    Raises WrongValueError; with `secret` its message does not hold the value.
    """
    try:
        return _check(kind, raw, base, home)
    except _MisfitError as misfit:
        found = _type_name(misfit.raw) if secret else show(misfit.raw)
        raise WrongValueError(f"expected {misfit.wanted}, found {found}") from None


def from_text(kind: Any, text: str) -> object:
    """The value that a person means by text in an environment variable or on the command line, still unchecked.

    Lists may be written with commas alone: `okay_nabu,alexa`.
    """
    kinds = _alternatives(kind)
    if any(_plain(k) in (str, Path) or get_origin(_plain(k)) is Literal for k in kinds) or not text.strip():
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        if any(get_origin(_plain(k)) is tuple for k in kinds):
            return [part.strip() for part in text.split(",")]
        return text


def show(value: object) -> str:
    """A value as an error message quotes it: short, on one line, printable anywhere."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, int) and abs(value) >= 10**_SHOWN:
        return "a very large number"  # Python refuses to write out thousands of digits
    if isinstance(value, list | tuple):
        return "an empty list" if not value else "a list"
    text = ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


class _MisfitError(Exception):
    def __init__(self, wanted: str, raw: object) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.raw = raw


def _check(kind: Any, raw: object, base: Path, home: Path) -> object:
    alternatives = _alternatives(kind)
    if len(alternatives) > 1:
        if raw == "":
            return None
        kind = next(k for k in alternatives if k is not types.NoneType)
    plain, limits = _plain(kind), _limits(kind)
    origin = get_origin(plain)
    if origin is tuple:
        return _check_list(get_args(plain)[0], raw, base, home)
    if origin is Mapping:
        return _check_table(get_args(plain)[1], raw, base, home)
    if origin is Literal:
        if raw not in get_args(plain):
            raise _MisfitError("one of " + ", ".join(get_args(plain)), raw)
        return raw
    if plain is Path:
        return _path(_text(raw, "a path"), base, home)
    if plain is bool:
        if not isinstance(raw, bool):
            raise _MisfitError("true or false", raw)
        return raw
    if plain is str:
        return _matching(raw, limits, base, home)
    return _number(plain, raw, limits)


def _check_list(kind: Any, raw: object, base: Path, home: Path) -> tuple[object, ...]:
    if not isinstance(raw, list | tuple) or not raw:
        raise _MisfitError("a list of at least one name", raw)
    return tuple(_check(kind, item, base, home) for item in raw)


def _check_table(kind: Any, raw: object, base: Path, home: Path) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        raise _MisfitError("a table", raw)
    return types.MappingProxyType({_text(key, "a name"): _check(kind, item, base, home) for key, item in raw.items()})


def _matching(raw: object, limits: tuple[object, ...], base: Path, home: Path) -> str:
    pattern = next((limit for limit in limits if isinstance(limit, Matching)), None)
    text = _text(raw, pattern.what if pattern else "text")
    if pattern and not re.fullmatch(pattern.pattern, text):
        raise _MisfitError(pattern.what, raw)
    if pattern and pattern.paths and text.endswith(pattern.paths):
        return str(_path(text, base, home))
    return text


def _number(kind: Any, raw: object, limits: tuple[object, ...]) -> int | float:
    bounds = next((limit for limit in limits if isinstance(limit, Range)), None)
    wanted = "a whole number" if kind is int else "a number"
    if bounds:
        unit = f" {bounds.unit}" if bounds.unit else ""
        wanted += f" from {bounds.low:.15g} to {bounds.high:.15g}{unit}"
    if isinstance(raw, bool) or not isinstance(raw, int if kind is int else int | float):
        raise _MisfitError(wanted, raw)
    # Written so that not-a-number fails it.
    if bounds and not bounds.low <= raw <= bounds.high:
        raise _MisfitError(wanted, raw)
    return int(raw) if kind is int else float(raw)


def _text(raw: object, wanted: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise _MisfitError(wanted, raw)
    if _CONTROL.search(raw):
        raise _MisfitError(f"{wanted} without control characters", raw)
    return raw


def _path(text: str, base: Path, home: Path) -> Path:
    # Only the user's own "~" is looked up: "~name" asks the password database and may not exist.
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return base / text


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _limits(kind: Any) -> tuple[object, ...]:
    return get_args(kind)[1:] if get_origin(kind) is Annotated else ()


def _type_name(value: object) -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "something else")
