"""What one rendering of a template may cost, and the checks that hold it to that."""

import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any

MAX_CHARS = 16_384
"""Longest text that a template may make, and most parts of a list."""
MAX_ITEMS = 256
"""Most items that a filter or a loop goes through."""
MAX_STEPS = 10_000
"""Work that one rendering may do: some 0.3 µs each. What remotes of Zigbee2MQTT need, the most known, is 700."""
_MAX_BITS = 1024
_MAX_SPECIFIERS = 32
_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{4,})")


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


def fits(value: object) -> object:
    """The value, if it is small when written out. Raises TooMuchError."""
    if isinstance(value, int):
        if value.bit_length() > _MAX_BITS:
            raise TooMuchError
    elif isinstance(value, str):
        if len(value) > MAX_CHARS:
            raise TooMuchError
    elif isinstance(value, list | tuple | dict):
        _measure(value)
    return value


def _measure(value: object) -> None:
    chars, parts, waiting = 0, 0, [value]
    while waiting:
        part = waiting.pop()
        parts += 1
        if isinstance(part, str):
            chars += len(part)
        elif isinstance(part, dict):
            waiting += part.keys()
            waiting += part.values()
        elif isinstance(part, list | tuple):
            waiting += part
        if chars + parts + len(waiting) > MAX_CHARS:
            raise TooMuchError
    spend(parts >> 1)


def joined(parts: Iterable[object]) -> str:
    """The operator `~`."""
    texts = [str(part) for part in parts]
    if sum(map(len, texts)) > MAX_CHARS:
        raise TooMuchError
    spend(len(texts))
    return "".join(texts)


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
    for value in values:
        fits(value)
    return str(fits(text % values))
