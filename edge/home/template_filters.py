"""What Home Assistant's templates may call: filters, tests and functions, each within bounds of time and size.

Source: https://www.home-assistant.io/docs/templating/ and, for what a filter does without a default, the functions of
the same names in Home Assistant's template helper. What looks into Home Assistant (`states`, `area_name`) or at a clock
(`now`) is refused when the template is read: the hub has neither its states nor, in a template, a clock.
"""

import base64
import binascii
import functools
import json
import math
import re
import statistics
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.home.template_limits import (
    MAX_CHARS,
    MAX_ITEMS,
    NotHereError,
    TooMuchError,
    decoded,
    few,
    fits,
    formatted,
    spend,
)
from edge.home.template_regex import MAX_PATTERN_CHARS, checked

_TIME_FORMAT = re.compile(r"(?:[^%]|%[-]?[A-Za-z%]){0,64}")

_MAX_REFERENCES = 4
"""To groups of a pattern in what replaces it: every match may write out much of the text for each."""


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


# What Home Assistant offers and what cannot be had here: its states, registries and clock.
ELSEWHERE = words("""
    area_devices area_entities area_id area_name areas closest config_entry_attr config_entry_id device_attr
    device_entities device_id device_name distance entity_id_name expand floor_areas floor_entities floor_id floor_name
    floors has_value integration_entities is_device_attr is_hidden_entity is_state is_state_attr issue issues
    label_areas label_devices label_entities label_id label_name labels now random relative_time state_attr
    state_attr_translated state_translated states time_since time_until today_at utcnow
""")


# Numbers

_NONE = object()


def _present(value: object) -> object:
    from jinja2 import Undefined

    if value is None or isinstance(value, Undefined):
        raise NotHereError
    return value


def _or_default(function: Callable[..., object]) -> Callable[..., object]:
    """The function; what it cannot take gives the default, or, without one, fails, as in Home Assistant.

    A value that is not there is no failure of the template: the message is passed over.
    """

    @functools.wraps(function)
    def call(value: object = None, *args: object, default: object = _NONE, **more: object) -> object:
        try:
            return function(_present(value), *args, **more)
        except (ValueError, TypeError, OverflowError, ArithmeticError, NotHereError):
            if default is _NONE:
                raise
            return default

    return call


def _to_float(value: object, default: object = _NONE) -> object:
    return _number_or(float, value, default)


def _to_int(value: object, default: object = _NONE, base: int = 10) -> object:
    return _number_or(lambda v: int(v, base) if isinstance(v, str) and base != 10 else int(float(v)), value, default)


def _number_or(read: Callable[[Any], object], value: object, default: object) -> object:
    try:
        return read(_present(value))
    except (ValueError, TypeError, OverflowError, NotHereError):
        if default is _NONE:
            raise
        return default


_TRUE = frozenset(("true", "yes", "on", "enable", "1"))
_FALSE = frozenset(("false", "no", "off", "disable", "0"))


def _to_bool(value: object, default: object = _NONE) -> object:
    def read(found: object) -> bool:
        if isinstance(found, int | float):
            return found != 0
        word = str(found).lower().strip()
        if word not in _TRUE | _FALSE:
            raise ValueError("no truth value")
        return word in _TRUE

    return _number_or(read, value, default)


def _round(value: object, precision: int = 0, method: str = "common", default: object = _NONE) -> object:
    def read(found: Any) -> float:
        if not -15 <= precision <= 15:
            raise ValueError("too precise")
        number, scale = float(found), 10.0**precision
        if method in ("ceil", "floor"):
            number = (math.ceil if method == "ceil" else math.floor)(number * scale) / scale
        elif method == "half":
            number = round(number * 2) / 2
        else:
            number = round(number, precision)
        return int(number) if precision == 0 else number

    return _number_or(read, value, default)


def _log(value: Any, base: float = math.e) -> float:
    return math.log(float(value), float(base))


def _real(function: Callable[..., float]) -> Callable[..., object]:
    return _or_default(lambda *values: function(*(float(value) for value in values)))


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError, OverflowError):
        return False


def _total(values: Any, attribute: str | None = None, start: float = 0) -> float:
    found = [value[attribute] if attribute else value for value in few(values)]
    return start + sum(value if isinstance(value, int | float) else float(value) for value in found)


def _extreme(function: Callable[..., object]) -> Callable[..., object]:
    return lambda *values, **_: function(few(values[0] if len(values) == 1 else values))


# Texts


def _replace(text: object, old: str, new: str) -> str:
    whole = str(text)
    if len(whole) + whole.count(old) * len(new) > MAX_CHARS:
        raise TooMuchError
    return whole.replace(old, new)


def _join(values: Any, between: str = "") -> str:
    texts = [str(value) for value in few(values)]
    if sum(map(len, texts)) + len(texts) * len(between) > MAX_CHARS:
        raise TooMuchError
    return between.join(texts)


def _contains(values: Any, value: object) -> bool:
    return value in values


def _split(text: str, at: str | None = None, most: int = -1) -> list[str]:
    parts = text.split(at, most)
    few(parts)
    return parts


def _pattern(text: str, pattern: str, ignore_case: bool) -> re.Pattern[str]:
    found, ways = checked(pattern, text, ignore_case=ignore_case)
    spend(20 + int(ways) // 32)
    return found


def _regex_match(text: object, find: str = "", ignorecase: bool = False) -> bool:
    return _pattern(str(text), find, ignorecase).match(str(text)) is not None


def _regex_search(text: object, find: str = "", ignorecase: bool = False) -> bool:
    return _pattern(str(text), find, ignorecase).search(str(text)) is not None


def _regex_replace(text: object, find: str = "", replace: str = "", ignorecase: bool = False) -> str:
    if len(replace) > MAX_PATTERN_CHARS or replace.count("\\") > _MAX_REFERENCES:
        raise TooMuchError
    return str(fits(_pattern(str(text), find, ignorecase).sub(replace, str(text))))


def _regex_findall(text: object, find: str = "", ignorecase: bool = False) -> list[Any]:
    return _pattern(str(text), find, ignorecase).findall(str(text))


def _regex_findall_index(text: object, find: str = "", index: int = 0, ignorecase: bool = False) -> object:
    return _regex_findall(text, find, ignorecase)[index]


def _from_json(text: str, default: object = _NONE) -> object:
    return _number_or(decoded, text, default)


def _to_json(value: object, ensure_ascii: bool = False, pretty_print: bool = False, sort_keys: bool = False) -> str:
    style: dict[str, Any] = {"indent": 2} if pretty_print else {"separators": (",", ":")}
    return json.dumps(value, default=_no_json, ensure_ascii=ensure_ascii, sort_keys=sort_keys, **style)


def _no_json(value: object) -> object:
    raise TypeError(f"{type(_present(value)).__name__} in JSON")


def _decode(text: str, encoding: str = "utf-8") -> str:
    if encoding.lower() not in ("utf-8", "utf8", "ascii", "latin-1"):
        raise ValueError("encoding")
    try:
        return base64.b64decode(text, validate=True).decode(encoding)
    except binascii.Error as error:
        raise ValueError("base64") from error


def _slugify(text: object, separator: str = "_") -> str:
    return re.sub(r"[\W_]+", separator[:1], str(text).lower()).strip(separator[:1])


# Time: what a message says of it; never what time it is


def _as_datetime(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError):
        return datetime.fromisoformat(str(value))


def _as_timestamp(value: Any) -> float:
    if isinstance(value, int | float):
        return float(value)
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.timestamp()


def _time(value: Any, form: str, local: bool) -> str:
    if not _TIME_FORMAT.fullmatch(form):
        raise TooMuchError  # the system's own function takes widths
    spend(4 * form.count("%"))
    moment = datetime.fromtimestamp(float(value), UTC)
    return (moment.astimezone() if local else moment).strftime(form)


def _timestamp_custom(value: Any, date_format: str = "%Y-%m-%d %H:%M:%S", local: bool = True) -> str:
    return _time(value, date_format, local)


def _timestamp(value: Any, *, local: bool) -> str:
    moment = datetime.fromtimestamp(float(value), UTC)
    return (moment.astimezone() if local else moment).isoformat()


# Everything else


def _is_defined(value: object) -> object:
    from jinja2 import Undefined

    if isinstance(value, Undefined):
        raise NotHereError
    return value


def _iif(value: object, if_true: object = True, if_false: object = False, if_none: object = _NONE) -> object:
    if value is None and if_none is not _NONE:
        return if_none
    return if_true if value else if_false


def _range(*limits: int) -> range:
    found = range(*limits)
    if len(found) > MAX_ITEMS:
        raise TooMuchError
    return found


class _Dict:
    """The function `dict`, which can also be asked for `dict.from_keys(pairs)`."""

    def __call__(self, *pairs: Any, **more: object) -> object:
        return fits(dict(*pairs, **more))

    def from_keys(self, pairs: Any) -> object:
        return fits(dict(few(pairs)))


def _zip(*values: Any) -> object:
    return fits(list(zip(*map(few, values), strict=False)))


_REAL = {name: _real(getattr(math, name)) for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sqrt")}
_BOTH: Mapping[str, Callable[..., object]] = {
    **_REAL,
    "float": _to_float,
    "int": _to_int,
    "bool": _to_bool,
    "iif": _iif,
    "log": _or_default(_log),
    "max": _extreme(max),
    "min": _extreme(min),
    "average": _or_default(_extreme(statistics.fmean)),
    "median": _or_default(_extreme(statistics.median)),
    "is_number": _is_number,
    "bitwise_and": _or_default(lambda left, right: int(left) & int(right)),
    "bitwise_or": _or_default(lambda left, right: int(left) | int(right)),
    "bitwise_xor": _or_default(lambda left, right: int(left) ^ int(right)),
    "slugify": _slugify,
    "as_datetime": _or_default(_as_datetime),
    "as_timestamp": _or_default(_as_timestamp),
}
"""Known as filters and as functions."""

FILTERS: Mapping[str, Callable[..., object]] = {
    **_BOTH,
    "round": _round,
    "multiply": _or_default(lambda value, by: float(value) * float(by)),
    "add": _or_default(lambda value, by: float(value) + float(by)),
    "sum": _total,
    "join": _join,
    "split": _split,
    "replace": _replace,
    "format": formatted,
    "regex_match": _regex_match,
    "regex_search": _regex_search,
    "regex_replace": _regex_replace,
    "regex_findall": _regex_findall,
    "regex_findall_index": _regex_findall_index,
    "from_json": _from_json,
    "to_json": _to_json,
    "tojson": _to_json,
    "is_defined": _is_defined,
    "ord": ord,
    "contains": _contains,
    "base64_encode": lambda text: base64.b64encode(str(text).encode()).decode(),
    "base64_decode": _decode,
    "timestamp_custom": _or_default(_timestamp_custom),
    "timestamp_local": _or_default(functools.partial(_timestamp, local=True)),
    "timestamp_utc": _or_default(functools.partial(_timestamp, local=False)),
}
KEPT_FILTERS = ("abs", "capitalize", "count", "d", "default", "dictsort", "first", "items", "last", "length", "list",
                "lower", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "string", "title",
                "trim", "unique", "upper")  # fmt: skip
"""Jinja2's own filters that are kept."""
CHEAP = words("""
    d default first last is_defined length count boolean callable defined divisibleby escaped even false filter
    integer iterable mapping none odd sameas sequence test true undefined
""")
"""Filters and tests that take any amount of data in their stride."""
BY_ITEM = words("items list map reject rejectattr reverse select selectattr")
"""Those that look at no more of a list than which items it has; what they do with each is counted by itself."""
ITEMS = BY_ITEM | {"sort", "unique"}
"""Those to which a text is a list of its characters."""
HEAVY: Mapping[str, int] = {"dictsort": 8, "median": 8, "slugify": 4, "sort": 8, "title": 8, "unique": 4}
"""Those that do more than go through what they are given once, and how often instead."""
SEARCHES = words("contains in replace split")
"""Those that look for one text in another."""

TESTS: Mapping[str, Callable[..., object]] = {
    "match": _regex_match,
    "search": _regex_search,
    "is_number": _is_number,
    "contains": _contains,
}
GLOBALS: Mapping[str, object] = {
    **_BOTH,
    "pi": math.pi,
    "e": math.e,
    "tau": math.tau,
    "inf": math.inf,
    "range": _range,
    "dict": _Dict(),
    "zip": _zip,
    "timedelta": timedelta,
}
