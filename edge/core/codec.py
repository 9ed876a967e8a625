"""Dataclasses to JSON and back, strictly: any turn, home or part of one can be stored and replayed.

Encoding leaves out nothing and adds nothing; decoding refuses unknown keys, missing keys and wrong types, and says
where (`utterance.hypotheses[0].confidence: expected a number, found "high"`).
"""

import json
import math
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from edge.core.errors import InputError

T = TypeVar("T")


def to_json(value: object) -> Any:
    """The value as plain JSON types.

    Raises TypeError for anything that `from_json` could not read back.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [to_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def from_json(kind: type[T], data: object, where: str = "") -> T:
    """A value of the given type from plain JSON types.

    Raises InputError (code `json.invalid`) that names the place of the first thing that does not fit.
    """
    return cast(T, _decode(kind, data, where))


def dumps(value: object, indent: int | None = None) -> str:
    """The value as JSON text."""
    return json.dumps(to_json(value), ensure_ascii=False, indent=indent, allow_nan=False)


def loads(kind: type[T], text: str | bytes) -> T:
    """A value of the given type from JSON text. Raises InputError."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("json.invalid", f"this is not JSON: {error}") from error
    return from_json(kind, data)


def _decode(kind: Any, data: object, where: str) -> object:
    if kind is object:  # any JSON value
        return data
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(kind), data, where)
    if origin is tuple:
        item_kind = get_args(kind)[0]
        items = _expect(data, list, "a list", where)
        return tuple(_decode(item_kind, item, f"{where}[{n}]") for n, item in enumerate(items))
    if origin is Mapping:
        item_kind = get_args(kind)[1]
        mapping = _expect(data, dict, "an object", where)
        decoded = {key: _decode(item_kind, item, _join(where, key)) for key, item in mapping.items()}
        return types.MappingProxyType(decoded)
    if is_dataclass(kind):
        return _decode_dataclass(cast(type, kind), data, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(data)
        except ValueError as error:
            allowed = ", ".join(str(member.value) for member in kind)
            raise _wrong(f"one of {allowed}", data, where) from error
    return _decode_plain(kind, data, where)


def _decode_plain(kind: Any, data: object, where: str) -> object:
    if kind is float:
        # JSON has one kind of number: 1 and 1.0 are the same confidence.
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise _wrong("a number", data, where)
        try:
            number = float(data)
        except OverflowError:  # JSON's whole numbers have no end
            number = math.inf
        if not math.isfinite(number):
            raise _wrong("a number", data, where)
        return number
    if kind is int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise _wrong("a whole number", data, where)
        return data
    if kind is bool:
        return _expect(data, bool, "true or false", where)
    if kind is str:
        return _expect(data, str, "text", where)
    if kind is types.NoneType:
        return _expect(data, types.NoneType, "null", where)
    raise TypeError(f"no decoding for {kind!r}")


def _decode_union(kinds: tuple[Any, ...], data: object, where: str) -> object:
    # An exact scalar type wins over a wider one: 1 stays an int in `str | int | float | bool`.
    for kind in kinds:
        if type(data) is kind:
            return _decode(kind, data, where)
    failure: InputError | None = None
    for kind in kinds:
        if data is not None and kind is types.NoneType:
            continue
        try:
            return _decode(kind, data, where)
        except InputError as error:
            failure = failure or error
    raise failure or _wrong("a value", data, where)


def _decode_dataclass(kind: type, data: object, where: str) -> object:
    mapping = _expect(data, dict, "an object", where)
    hints = _hints(kind)
    members = {f.name: f for f in fields(kind)}
    if unknown := sorted(set(mapping) - set(members)):
        raise InputError("json.invalid", f"{_join(where, unknown[0])}: {kind.__name__} has no such key")
    values: dict[str, object] = {}
    for name, member in members.items():
        if name in mapping:
            values[name] = _decode(hints[name], mapping[name], _join(where, name))
        elif member.default is MISSING and member.default_factory is MISSING:
            raise InputError("json.invalid", f"{_join(where, name)}: missing")
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _expect(data: object, kind: type, wanted: str, where: str) -> Any:
    if not isinstance(data, kind):
        raise _wrong(wanted, data, where)
    return data


def _wrong(wanted: str, data: object, where: str) -> InputError:
    # The value itself may be a transcript, so only its type is told.
    found = {dict: "an object", list: "a list", str: "text", bool: "true or false"}.get(type(data), type(data).__name__)
    return InputError("json.invalid", f"{where or 'top level'}: expected {wanted}, found {found}")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
