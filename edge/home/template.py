"""Home Assistant's value and command templates, in a sandbox.

Templates arrive over MQTT from whatever publishes discovery, so they are data from outside: they run in Jinja2's
immutable sandbox, without loops and macros, and within sizes that keep one rendering in the microsecond range.
Semantics: https://www.home-assistant.io/docs/configuration/templating/#using-value-templates-with-mqtt
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from edge.core.errors import InputError

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_TEMPLATE_CHARS = 8192
MAX_PAYLOAD_CHARS = 65_536
"""A payload that is longer says nothing."""
_MAX_PRODUCT = 65_536
"""Largest text or list that an operator may make."""
_MAX_DIGITS = 3
"""Digits of a width or precision in a format string."""

# One look-up in the payload's JSON needs no template engine; nine templates of ten are of this form.
_KEY = r"""(?:\.[A-Za-z_]\w*|\[(?:'[^'\\{}]+'|"[^"\\{}]+")\])"""
_LOOKUP = re.compile(r"\s*\{\{\s*(?:value_json(" + _KEY + r"{1,8})|value)\s*\}\}\s*", re.ASCII)
_KEYS = re.compile(r"""\.(\w+)|\['([^']+)'\]|\["([^"]+)"\]""", re.ASCII)
_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{" + str(_MAX_DIGITS + 1) + r",})")


class TemplateError(InputError):
    """A template that cannot be used. Code `template.syntax` or `template.refused`."""


class TemplateFailedError(InputError):
    """A template that fails on a message. Code `template.failed`."""

    def __init__(self, message: str = "a template fails on this message") -> None:
        super().__init__("template.failed", message)
        self.key = ""
        """The option that holds the template."""


class Payload:
    """One message, decoded once for all templates that read it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def json(self) -> object:
        """Its JSON value; `NO_JSON` where it is none."""
        return _json_or_nothing(self.text)


NO_JSON = object()
"""Stands for the value of a payload that is no JSON: JSON's own null is a value."""


class Template:
    """One template, checked when it is made.

    Raises TemplateError when the text is no template or one that the sandbox does not take.
    """

    __slots__ = ("_keys", "_render", "_whole", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._keys: tuple[str, ...] = ()
        self._whole = False
        self._render: Callable[[Mapping[str, object]], str] | None = None
        match = _LOOKUP.fullmatch(source)
        keys = tuple("".join(found) for found in _KEYS.findall(match[1] or "")) if match else ()
        if match and not any(hasattr(dict, key) for key in keys):
            self._keys, self._whole = keys, match[1] is None
        else:
            self._render = _compile(source)

    def __repr__(self) -> str:
        return f"Template({self.source!r})"

    def read(self, payload: Payload) -> str | None:
        """What the template takes from a message; nothing (None) where it does not fit the message.

        A key that is not there gives an empty text, as in Home Assistant.
        """
        if len(payload.text) > MAX_PAYLOAD_CHARS:
            return None
        if self._whole:
            return payload.text
        if self._keys:
            found = _look_up(payload.json, self._keys)
            if found is not _OTHERWISE:
                return None if found is _FAILS else str(found)
        variables: dict[str, object] = {"value": payload.text}
        if payload.json is not NO_JSON:
            variables["value_json"] = payload.json
        return self.render(**variables)

    def render(self, **variables: object) -> str | None:
        """The template's text with these variables; None where it fails on them."""
        if self._render is None:
            self._render = _compile(self.source)
        try:
            return self._render(variables)
        # Any operator or filter may fail on the values of one message, each with an exception of its own.
        except Exception:  # noqa: BLE001
            return None


_OTHERWISE, _FAILS = object(), object()


def _look_up(value: object, keys: tuple[str, ...]) -> object:
    """The value under the keys, `_FAILS` where Jinja2 would fail, `_OTHERWISE` where Jinja2 has to decide."""
    for place, key in enumerate(keys):
        if not isinstance(value, dict):
            return _OTHERWISE
        if key not in value:
            return "" if place == len(keys) - 1 else _FAILS
        value = value[key]
    return value


@lru_cache(maxsize=1024)
def _compile(source: str) -> Callable[[Mapping[str, object]], str]:
    from jinja2 import TemplateError as JinjaError
    from jinja2 import nodes

    if len(source) > MAX_TEMPLATE_CHARS:
        raise TemplateError("template.refused", f"a template has at most {MAX_TEMPLATE_CHARS} characters")
    environment = _environment()
    try:
        tree = environment.parse(source)
        # Loops and macros are what makes a small template slow; joins are what makes a small payload large.
        if next(tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock, nodes.Import, nodes.Include)), None):
            raise TemplateError("template.refused", "a template must not hold loops, macros or imports")
        if sum(len(joined.nodes) for joined in tree.find_all(nodes.Concat)) > 16:
            raise TemplateError("template.refused", "a template must not join more than 16 texts")
        template = environment.from_string(tree)
    except (JinjaError, RecursionError, ValueError, SyntaxError, MemoryError) as error:
        raise TemplateError("template.syntax", "this is no Jinja2 template") from error
    return template.render


@cache
def _environment() -> "ImmutableSandboxedEnvironment":
    # Imported late: 100 ms on a small board, and most homes' templates are look-ups that never need it.
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(("*", "**", "%", "+"))

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            if operator == "**" and not (_is_small(left, 1e6) and _is_small(right, 16)):
                raise SecurityError("power too large")
            if operator in "*+" and _product(operator, left, right) > _MAX_PRODUCT:
                raise SecurityError("text too long")
            if operator == "%" and isinstance(left, str):
                return _format(left, right)
            return super().call_binop(context, operator, left, right)

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            # Methods that take a width make megabytes out of nothing.
            if isinstance(obj, str) and attr in _WIDE_METHODS:
                return False
            return super().is_safe_attribute(obj, attr, value)

    def _format(text: str, values: object, *more: object) -> str:
        if _WIDTH.search(text):
            raise SecurityError("format too wide")
        return str(text % ((values, *more) if more else values))

    environment = Environment(autoescape=False)
    for name in _WIDE_FILTERS:
        environment.filters.pop(name, None)
    environment.filters["replace"] = _replace
    environment.filters["float"] = _float
    environment.filters["int"] = _int
    environment.filters["format"] = _format
    environment.filters["from_json"] = json.loads
    environment.filters["to_json"] = json.dumps
    environment.filters["is_defined"] = _is_defined
    environment.globals["iif"] = _iif
    environment.filters["iif"] = _iif
    for name in ("range", "lipsum", "cycler", "joiner", "namespace"):
        environment.globals.pop(name, None)
    return environment


_WIDE_METHODS = frozenset(
    ("center", "expandtabs", "format", "format_map", "join", "ljust", "replace", "rjust", "translate", "zfill")
)
_WIDE_FILTERS = ("batch", "center", "filesizeformat", "indent", "pprint", "slice", "urlize", "wordwrap", "xmlattr")


_NO_DEFAULT = object()


def _float(value: object, default: object = _NO_DEFAULT) -> object:
    """The number; fails without a default, unlike Jinja2's own filter, which would report a zero that nobody sent."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        if default is _NO_DEFAULT:
            raise
        return default


def _int(value: object, default: object = _NO_DEFAULT, base: int = 10) -> object:
    try:
        return int(value, base) if isinstance(value, str) and base != 10 else int(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        if default is _NO_DEFAULT:
            raise
        return default


def _replace(text: object, old: str, new: str) -> str:
    whole = str(text)
    if whole.count(old) * len(new) > _MAX_PRODUCT:
        raise ValueError("text too long")
    return whole.replace(old, new)


def _is_defined(value: object) -> object:
    """The value; fails where there is none, so that the message is passed over."""
    from jinja2 import Undefined

    if isinstance(value, Undefined):
        raise TypeError("undefined")
    return value


def _iif(value: object, if_true: object = True, if_false: object = False) -> object:
    return if_true if value else if_false


def _is_small(value: object, limit: float) -> bool:
    return isinstance(value, int | float) and abs(value) <= limit


def _product(operator: str, left: object, right: object) -> float:
    """Size of what the operator makes: characters, items, or (for whole numbers) digits, roughly."""
    sizes = [len(side) if isinstance(side, str | list | tuple) else None for side in (left, right)]
    if operator == "+":
        return sum(size or 0 for size in sizes)
    for size, other in ((sizes[0], right), (sizes[1], left)):
        if size is not None and isinstance(other, int):
            return size * other
    return 0


def _json_or_nothing(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return NO_JSON
