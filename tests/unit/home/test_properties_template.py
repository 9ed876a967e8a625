"""What holds for every template and every message: nothing is opened, nothing grows, everything ends."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.home.template import MAX_PAYLOAD_CHARS, Payload, Template, TemplateError, TemplateFailedError
from edge.home.template_limits import MAX_CHARS, MAX_STEPS

FILES = sorted((Path(__file__).parents[2] / "data" / "devices").glob("*.json"))
DEVICES: list[dict[str, Any]] = [device for file in FILES for device in json.loads(file.read_text())]
SAID = [
    payload if isinstance(payload, str) else json.dumps(payload)
    for device in DEVICES
    for payload in [message["payload"] for message in device["messages"]]
]
TEMPLATES = sorted(
    {
        value
        for device in DEVICES
        for message in device["discovery"]
        for value in message["payload"].values()
        if isinstance(value, str) and ("{{" in value or "{%" in value)
    }
)


def always_the_same(examples: int) -> settings:
    """The same examples every time: a failure is found by whoever runs it next, too."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(derandomize=True, database=None, deadline=None, max_examples=examples, suppress_health_check=quiet)


names = st.sampled_from(
    [
        "value",
        "value_json",
        "value_json.x",
        "value_json['l']",
        "a",
        "n",
        "n.t",
        "loop.index",
        "this",
        "namespace",
        "iif",
        "range",
        "dict",
        "zip",
        "cycler",
        "lipsum",
        "self",
        "none",
        "true",
    ]
)
constants = st.sampled_from(
    [
        "0",
        "1",
        "-3",
        "2.5",
        "999999999",
        "'a'",
        "'%999d'",
        "'(a+)+$'",
        "'.*.*.*b'",
        "'x' * 99999",
        "''",
        "[]",
        "{}",
        "{'a': 1}",
    ]
)
filters = st.sampled_from(
    [
        "float",
        "int(0)",
        "round(1)",
        "upper",
        "list",
        "string",
        "length",
        "first",
        "last",
        "sort",
        "sum",
        "max",
        "join(',')",
        "map('upper')",
        "map(attribute='x')",
        "select",
        "selectattr('x')",
        "to_json",
        "from_json",
        "replace('a', 'aaaaaaaaaaaaaaaaaaaa')",
        "regex_search('a*a*a*b')",
        "regex_replace('a', 'aaaa')",
        "regex_findall('.')",
        "default('')",
        "is_defined",
        "format(1, 2)",
        "items",
        "unique",
        "reverse",
        "base64_encode",
        "base64_decode",
        "timestamp_custom('%Y')",
        "bool",
        "multiply(9)",
        "bitwise_and(7)",
        "attr('__class__')",
        "xmlattr",
        "split('a')",
        "trim",
        "title",
        "batch(2)",
        "tojson",
        "ord",
        "sqrt",
        "log(2)",
        "iif(1, 2)",
    ]
)
attributes = st.sampled_from(
    [
        ".__class__",
        ".__class__.__mro__[1].__subclasses__()",
        ".__globals__",
        ".x",
        ".keys()",
        ".split('')",
        ".format(1)",
        ".__init__.__globals__['__builtins__']['open']('/etc/passwd').read()",
        "[0]",
        "[::-1]",
        "['__class__']",
        ".encode()",
        ".items()",
        ".upper()",
        ".ljust(999999)",
        ".append(1)",
        ".from_keys([])",
        ".t",
        "()",
        "(1)",
        "(99999999)",
    ]
)
operators = st.sampled_from(["+", "-", "*", "**", "/", "//", "%", "~", "==", "<", "in", "and", "or"])
expressions = st.recursive(
    st.one_of(names, constants),
    lambda inner: st.one_of(
        st.builds("({} | {})".format, inner, filters),
        st.builds("{}{}".format, inner, attributes),
        st.builds(
            "({} {} {})".format,
            inner,
            st.sampled_from(["+", "-", "*", "**", "/", "//", "%", "~", "==", "<", "in", "and", "or"]),
            inner,
        ),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}, 'l': {}}}".format, inner, inner),
        st.builds("range({})".format, inner),
    ),
    max_leaves=8,
)
doublings = st.integers(1, 40).map("{% set a = a ~ a %}".__mul__)
GROWING = "{{% set n = namespace(t={}) %}}{{% for a in range(64) %}}{{% set n.t = {} %}}{{% endfor %}}"
pieces = st.recursive(
    st.one_of(
        st.builds("{{{{ {} }}}}".format, expressions),
        st.sampled_from(["text", "{{", "%}", "{# x #}", "{% include '/etc/passwd' %}", "{% import 'os' as os %}"]),
    ),
    lambda inner: st.one_of(
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, expressions, inner, inner),
        st.builds("{{% for a in {} %}}{}{{% endfor %}}".format, expressions, inner),
        st.builds("{{% set a = {} %}}{}".format, expressions, inner),
        st.builds((GROWING + "{}").format, expressions, expressions, inner),
        st.builds("{{% set a = {} %}}{}{}".format, expressions, doublings, inner),
        st.builds("{{% macro m() %}}{}{{{{ m() }}}}{{% endmacro %}}{{{{ m() }}}}".format, inner),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=5,
)
LISTS = '{"x": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "l": [1, 2, [3, 4]]}'
payloads = st.one_of(
    st.sampled_from([LISTS, "a" * 60, "a" * 16_000, "[" * 50 + "]" * 50, "", "5"]),
    st.sampled_from(SAID),
    st.text(max_size=20),
)

_heard: list[str] | None = None
_THREAD = get_ident()
_FORBIDDEN = ("open", "os.", "subprocess.", "socket.", "shutil.", "import", "ctypes.")


def _audit(event: str, _: tuple[Any, ...]) -> None:
    if _heard is not None and event.startswith(_FORBIDDEN) and get_ident() == _THREAD:
        _heard.append(event)


sys.addaudithook(_audit)


@contextmanager
def touching_nothing() -> Iterator[None]:
    """Fails if anything is opened, imported or run meanwhile: the interpreter itself tells."""
    global _heard  # noqa: PLW0603 - an audit hook cannot be taken away again
    _heard = heard = []
    try:
        yield
    finally:
        _heard = None
    assert heard == []


def rendered_or_not(source: str, payload: str) -> str | None:
    """What the template makes of the message, or nothing where it is refused or fails as it may."""
    try:
        return Template(source).read(Payload(payload))
    except (TemplateError, TemplateFailedError):
        return None


CALLS_A_STEP = 5


@contextmanager
def counting_calls() -> Iterator[list[int]]:
    """Counts the functions that are called meanwhile, also those that are not written in Python."""
    calls = [0]

    def count(_: object, event: str, __: object) -> None:
        calls[0] += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def rendered(source: str, payload: str) -> str | None:
    with touching_nothing():
        return rendered_or_not(source, payload)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """The engine is imported on the first use, and some of what it uses with it."""
    Template("{% for a in range(2) %}{{ (a ~ 'a') | upper | regex_search('a') }}{% endfor %}").read(Payload("1"))
    assert rendered_or_not("{{", "1") is None
    Template("{{ value | base64_encode }} {{ 0 | timestamp_custom('%Y') }} {{ as_datetime('2020-01-01') }}").read(
        Payload("1")
    )


def test_the_audit_hears_files() -> None:
    with pytest.raises(AssertionError), touching_nothing():
        Path(__file__).read_bytes()


@always_the_same(600)
@given(pieces, payloads)
def test_any_template(source: str, payload: str) -> None:
    found = rendered(source, payload)
    assert found is None or len(found) <= MAX_CHARS
    assert found is None or "root:" not in found


@always_the_same(300)
@given(st.sampled_from(TEMPLATES), payloads)
def test_real_templates_on_any_message(source: str, payload: str) -> None:
    found = rendered(source, payload)
    assert found is None or len(found) <= MAX_PAYLOAD_CHARS


@always_the_same(200)
@given(st.text(max_size=60), payloads)
def test_any_text_as_template(source: str, payload: str) -> None:
    found = rendered(source, payload)
    assert found is None or len(found) <= MAX_CHARS


@always_the_same(150)
@given(expressions, pieces, st.one_of(payloads, st.just("[" + "1.5," * 1000 + "1]")))
def test_any_loop_ends_soon(expression: str, piece: str, payload: str) -> None:
    # By the number of calls and not by a clock, which would tell of the machine.
    sources = [
        f"{{% for i in range(250) %}}{{% if {expression} %}}{{% endif %}}{{% endfor %}}",
        f"{{% for i in range(100) %}}{piece}{{% endfor %}}",
    ]
    for source in sources:
        try:
            template = Template(source)
        except TemplateError:
            continue
        message = Payload(payload)
        _ = message.json
        with counting_calls() as calls, suppress(TemplateFailedError):
            template.read(message)
        assert calls[0] <= CALLS_A_STEP * MAX_STEPS
