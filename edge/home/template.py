"""Home Assistant's value and command templates, in a sandbox.

Templates arrive over MQTT from whatever publishes discovery, so they are data from outside: they run in Jinja2's
immutable sandbox, within bounds of time and size (`edge.home.template_engine`).
Semantics: https://www.home-assistant.io/docs/configuration/templating/#using-value-templates-with-mqtt
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property

from edge.home import template_filters as given
from edge.home.template_engine import MAX_PAYLOAD_CHARS, Render, TemplateError, TemplateFailedError, compiled
from edge.home.template_limits import NotHereError, decoded

__all__ = ["MAX_PAYLOAD_CHARS", "NO_JSON", "Payload", "Template", "TemplateError", "TemplateFailedError"]

# One look-up in the payload's JSON needs no template engine; nine templates of ten are of this form.
_KEY = r"""(?:\.[A-Za-z_]\w*|\[(?:'[^'\\{}]+'|"[^"\\{}]+")\])"""
_LOOKUP = re.compile(
    r"\s*\{\{\s*(?:value_json(" + _KEY + r"{1,8})|value)\s*"
    r"(?:\|\s*(float|int|is_defined)\s*|\|\s*(round)\(\s*(\d)\s*\)\s*)?\}\}\s*",
    re.ASCII,
)
_KEYS = re.compile(r"""\.(\w+)|\['([^']+)'\]|\["([^"]+)"\]""", re.ASCII)


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

    __slots__ = ("_filter", "_keys", "_plain", "_render", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._keys: tuple[str, ...] = ()
        self._filter: Callable[[object], object] | None = None
        self._plain = False
        self._render: Render | None = None
        match = _LOOKUP.fullmatch(source)
        keys = tuple("".join(found) for found in _KEYS.findall(match[1] or "")) if match else ()
        if match and not any(hasattr(dict, key) for key in keys):
            self._keys, self._plain = keys, True
            self._filter = _filter(match)
        else:
            self._render = compiled(source)

    @staticmethod
    def lenient(source: str) -> "Template":
        """The template; one that is refused fails on every message instead, so that the rest of its device is of use.

        Raises TemplateError when the text is no template.
        """
        try:
            return Template(source)
        except TemplateError as error:
            if error.code != "template.refused":
                raise
            template, why = Template(""), str(error)
            template.source = source

        def fail(_: Mapping[str, object]) -> str | None:
            raise TemplateFailedError(why)

        template._render = fail
        return template

    def __repr__(self) -> str:
        return f"Template({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self.source == other.source

    def __hash__(self) -> int:
        return hash(self.source)

    def read(self, payload: Payload) -> str | None:
        """What the template takes from a message, without the spaces around it.

        None where it does not apply to this message: what it reads is not in it. Raises TemplateFailedError where it
        cannot be worked out for this message.
        """
        if len(payload.text) > MAX_PAYLOAD_CHARS:
            return None
        if self._plain:
            found = _look_up(payload.json, self._keys) if self._keys else payload.text
            if found is not _OTHERWISE:
                return self._said(found)
        variables: dict[str, object] = {"value": payload.text}
        if payload.json is not NO_JSON:
            variables["value_json"] = payload.json
        return self.render(**variables)

    def _said(self, found: object) -> str | None:
        if found is _NOT_HERE:
            return None
        if self._filter is not None:
            try:
                found = self._filter(found)
            except NotHereError:
                return None
            except (ValueError, TypeError, OverflowError) as error:
                raise TemplateFailedError(f"this template does not fit the message ({type(error).__name__})") from error
        return str(found).strip()

    def render(self, **variables: object) -> str | None:
        """The template's text with these variables, without the spaces around it.

        None where a variable or a part of one is not there. Raises TemplateFailedError.
        """
        if self._render is None:
            self._render = compiled(self.source)
        return self._render(variables)


_OTHERWISE, _NOT_HERE = object(), object()


def _look_up(value: object, keys: tuple[str, ...]) -> object:
    """The value under the keys, `_NOT_HERE` where there is none, `_OTHERWISE` where Jinja2 has to decide."""
    for key in keys:
        if not isinstance(value, dict):
            return _OTHERWISE
        if key not in value:
            return _NOT_HERE
        value = value[key]
    return value


def _filter(match: re.Match[str]) -> Callable[[object], object] | None:
    """The filter behind a look-up, the very one that the engine would call."""
    if match[3]:
        call, precision = given.FILTERS["round"], int(match[4])
        return lambda value: call(value, precision)
    return given.FILTERS[match[2]] if match[2] else None


def _json_or_nothing(text: str) -> object:
    try:
        return decoded(text)
    except (ValueError, RecursionError):
        return NO_JSON
