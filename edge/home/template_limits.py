"""What one rendering of a template may cost, and the checks that hold it to that."""

import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

MAX_CHARS = 16_384
"""Longest text that a template may make, and most parts of a list."""
MAX_ITEMS = 256
"""Most items that a filter or a loop goes through."""
MAX_STEPS = 6000
"""Work that one rendering may do: some 0.3 µs each. What remotes of Zigbee2MQTT need, the most known, is 1800, and 3200
when their patterns are new."""
CALL = 8
"""Steps for calling anything."""
MAX_DIGITS = 308
_LONG_NUMBER = re.compile(rf"(?<![0-9])[0-9]{{{MAX_DIGITS}}}")
_MAX_BITS = 1024
_WIDE: tuple[type[Any], ...] = (dict, list, tuple, set, frozenset, type({}.keys()), type({}.values()), type({}.items()))
_MAX_SPECIFIERS = 32
_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{3,})")


class TooMuchError(Exception):
    """More work or memory than a template is given."""


class NotHereError(Exception):
    """A value that the template needs is not in the message."""


class _Steps(threading.local):
    left = MAX_STEPS
    missing = False
    """Whether a value that is not there was printed."""


STEPS = _Steps()


def spend(steps: int) -> None:
    """Count work. Raises TooMuchError when the rendering has used up what it is given."""
    STEPS.left -= steps
    if STEPS.left < 0:
        raise TooMuchError


def read(value: object, weight: int = 1) -> None:
    """Count going through all of a value as work. Raises TooMuchError, also where it is large when written out."""
    if isinstance(value, str):
        spend(weight * (len(value) >> 4))
    elif isinstance(value, _WIDE):
        chars, parts = _measured(value)
        spend(weight * (parts + (chars >> 4)))
    elif isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise TooMuchError


def searched(text: object, parts: Iterable[object]) -> None:
    """Count looking for each of the parts in the text: at worst every character of one meets every one of the other."""
    if isinstance(text, str):
        for part in parts:
            if isinstance(part, str):
                spend(len(text) * len(part) >> 8)


def fits(value: object) -> object:
    """The value, if it is small when written out; going through it is counted. Raises TooMuchError."""
    if isinstance(value, str) and len(value) > MAX_CHARS:
        raise TooMuchError
    read(value)
    return value


def _measured(value: object) -> tuple[int, int]:
    """Characters and parts of a value that holds others."""
    chars, parts, waiting = 0, 0, [value]
    while waiting:
        part = waiting.pop()
        parts += 1
        if isinstance(part, str):
            chars += len(part)
        elif isinstance(part, dict):
            waiting += part.keys()
            waiting += part.values()
        elif isinstance(part, _WIDE):
            waiting.extend(part)
        if chars + parts + len(waiting) > MAX_CHARS:
            raise TooMuchError
    return chars, parts


def joined(parts: Iterable[object]) -> str:
    """The operator `~`."""
    size, texts = 0, []
    for part in parts:
        read(part)  # before it is written out
        texts.append(str(part))
        size += len(texts[-1])
        if size > MAX_CHARS:
            raise TooMuchError
    spend(len(texts) + (size >> 4))
    return "".join(texts)


def decoded(text: str) -> Any:
    """JSON's value. Raises ValueError, also for an integer of more digits than a float can have, and RecursionError.

    Reading and writing an integer takes the square of its length; the longest that are in use are times, of 19 digits.
    """
    # A longer number is rare, and a function for every integer takes as long as all the rest.
    return json.loads(text, parse_int=_integer if _LONG_NUMBER.search(text) else None)


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("this integer is too long")
    return int(digits)


def few(value: Any, weight: int = 1) -> Any:
    """What a loop goes through: not many, and not more than the rendering has steps for."""
    if not isinstance(value, str | list | tuple | dict | range):
        value = list(_at_most(value))
    if len(value) > MAX_ITEMS:
        raise TooMuchError
    spend(weight * len(value))
    return value


def _at_most(values: Iterable[object]) -> Iterable[object]:
    for place, value in enumerate(values):
        if place >= MAX_ITEMS:
            raise TooMuchError
        yield value


def formatted(text: str, *values: object) -> str:
    """The operator `%` on a text, and the filter `format`."""
    if len(values) == 1 and isinstance(values[0], tuple):
        values = values[0]
    if any(isinstance(value, Mapping) for value in values):
        raise TooMuchError  # the same value could be written many times
    if _WIDTH.search(text) or text.count("%") > _MAX_SPECIFIERS:
        raise TooMuchError
    spend(text.count("%"))
    for value in values:
        fits(value)
    return str(fits(text % values))
