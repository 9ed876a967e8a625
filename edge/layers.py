"""Settings as files, environment and command line give them: key, value and the place it was found, still unchecked."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from edge.core.errors import InputError
from edge.settings import FIELDS, SECTIONS
from edge.values import from_text, show

_MAX_FILE_BYTES = 1_000_000
_PART = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_DOTTED = rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*"
_KEY = re.compile(rf"{_DOTTED}=")
_HEADER = re.compile(rf"\s*\[\[?{_DOTTED}\]\]?\s*(?:#.*)?$")


class Given(NamedTuple):
    """One setting as it was found somewhere."""

    key: str
    raw: object
    """As TOML has it."""
    origin: str
    """Where it was found, for people: `file:line`, a variable, the command line."""
    base: Path
    """Folder that relative paths start from."""


class Problems(list[str]):
    """What is wrong, each with its place; reported together."""

    def raise_any(self) -> None:
        """Raise InputError (`config.invalid`) when there is something to report."""
        if len(self) == 1:
            raise InputError("config.invalid", self[0])
        if self:
            listed = "\n".join(f"  {problem}" for problem in self)
            raise InputError("config.invalid", f"{len(self)} settings are wrong:\n{listed}")


def from_file(path: Path, problems: Problems, *, may_be_absent: bool) -> list[Given]:
    """Settings of a TOML file, in its order; what cannot be one goes to `problems`."""
    try:
        text = read_limited(path)
        tables = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        if not may_be_absent:
            problems.append(f"{path}: there is no such file")
        return []
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
        return []
    except RecursionError:
        problems.append(f"{path}: is nested too deeply")
        return []
    except ValueError as error:  # bad UTF-8, bad TOML, numbers and dates that Python cannot hold
        problems.append(f"{path}: {error}")
        return []
    found = []
    for place, raw in _leaves(tables):
        name = ".".join(place)
        origin = f"{path}:{_line(text, place)}"
        if place[0] in SECTIONS and len(place) == 1:
            problems.append(f"{origin}: {name}: expected a table, found {show(raw)}")
        elif _place(name) == place:
            found.append(Given(name, raw, origin, path.parent))
        else:
            problems.append(f"{origin}: {_unknown(name)}")
    return found


def read_limited(path: Path) -> str:
    """The text of a file of configuration. Raises OSError, and ValueError for one that is too large or no UTF-8."""
    with path.open("rb") as file:
        data = file.read(_MAX_FILE_BYTES + 1)
    if len(data) > _MAX_FILE_BYTES:
        raise ValueError(f"is larger than a configuration can be ({_MAX_FILE_BYTES:,} bytes)")
    return data.decode("utf-8")


def _leaves(tables: Mapping[str, object]) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, value in tables.items():
        if isinstance(value, dict) and name in SECTIONS:
            yield from (((name, key), item) for key, item in value.items())
        else:
            yield (name,), value


def _place(name: str) -> tuple[str, ...]:
    return tuple(name.split(".")) if name in FIELDS else ()


def _line(text: str, place: tuple[str, ...]) -> int:
    """Line of a key, 1-based; of its table where the key stands in an inline table."""
    known = lines(text)
    return known.get(place) or known.get(place[:1]) or 1


def lines(text: str) -> Mapping[tuple[str, ...], int]:
    """Line of every key and table of a TOML file, 1-based, by their whole path.

    tomllib tells no lines, so this reads the file as a person would; a text of several lines that looks like
    configuration may mislead it.
    """
    table: tuple[str, ...] = ()
    found: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADER.match(line):
            table = here = _parts(match[1])
        elif match := _KEY.match(line):
            here = table + _parts(match[1])
        else:
            continue
        for length in range(1, len(here) + 1):
            found.setdefault(here[:length], number)
    return found


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def from_environ(environ: Mapping[str, str], problems: Problems) -> list[Given]:
    """Settings of the environment: EDGE_MQTT__HOST is mqtt.host, EDGE_LANGUAGE is language.

    Variables with one underscore that name no setting belong to others and are left alone.
    """
    found = []
    for variable, text in sorted(environ.items()):
        if not variable.startswith("EDGE_"):
            continue
        section, separator, key = variable.removeprefix("EDGE_").lower().partition("__")
        name = f"{section}.{key}" if separator else section
        if name in FIELDS:
            found.append(Given(name, from_text(FIELDS[name].kind, text), variable, Path()))
        elif separator:
            problems.append(f"environment: {_unknown(name)} ({variable!a})")
    return found


def from_overrides(overrides: Sequence[str], problems: Problems) -> list[Given]:
    """Settings of the command line, `section.key=value`."""
    found = []
    for number, override in enumerate(overrides, 1):
        name, separator, text = override.partition("=")
        name = name.strip()
        if not separator:
            # It is not quoted: it may be a password with a slip before it.
            problems.append(f"command line: setting {number}: expected section.key=value, such as mqtt.host=broker")
        elif name not in FIELDS:
            problems.append(f"command line: {_unknown(name)}")
        else:
            found.append(Given(name, from_text(FIELDS[name].kind, text.strip()), "command line", Path()))
    return found


def _unknown(name: str) -> str:
    nearest = difflib.get_close_matches(name[:100], FIELDS, 1, cutoff=0.6)
    if not nearest:  # a key without its section, or in the wrong one
        last = name.rpartition(".")[2][:100]
        nearest = [key for key in FIELDS if key.rpartition(".")[2] == last][:1]
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"there is no setting {show(name)}{hint}"
