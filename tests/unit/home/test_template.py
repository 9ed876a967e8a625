"""Templates: the look-ups that need no engine, the engine, and what the sandbox refuses."""

import pytest

from edge.home.template import Payload, Template, TemplateError


@pytest.mark.parametrize(
    ("source", "payload", "expected"),
    [
        ("{{ value }}", "21.5", "21.5"),
        ("{{value_json.state}}", '{"state": "ON"}', "ON"),
        ("{{ value_json['update']['state'] }}", '{"update": {"state": "idle"}}', "idle"),
        ('{{ value_json["a b"] }}', '{"a b": 3}', "3"),
        ("{{ value_json.occupancy }}", '{"occupancy": true}', "True"),
        ("{{ value_json.level }}", '{"level": null}', "None"),
        ("{{ value_json.missing }}", "{}", ""),
        ("{{ value_json.a.b }}", "{}", None),
        ("{{ value_json.state }}", "not json", None),
        ("{{ value_json.ENERGY.Power }}", '{"ENERGY": {"Power": 12.25}}', "12.25"),
        ("{{ value_json[0] }}", "[7, 8]", "7"),
        ("{{ value | float * 2 }}", "1.5", "3.0"),
        ("{{ value_json.t | float | round(1) }}", '{"t": "20.46"}', "20.5"),
        ("{{ value | float }}", "unknown", None),
        ("{{ value | float(0) }}", "unknown", "0"),
        ("{{ value | int }}", "12.9", "12"),
        ("{{ value | int(base=16) }}", "ff", "255"),
        ("{{ value | int(-1) }}", "unknown", "-1"),
        ("{{ value | int }}", "unknown", None),
        ("{{ value | replace('off', 'on') }}", "off", "on"),
        ("{{ value_json.x | is_defined }}", '{"x": 1}', "1"),
        ("{{ '%.1f' | format(value_json.t) }}", '{"t": 20.44}', "20.4"),
        ("{{ 'on' if value_json.p > 5 else 'off' }}", '{"p": 9}', "on"),
        ("{% set names = {'a': 'heat'} %}{{ names[value_json.m] }}", '{"m": "a"}', "heat"),
        ("{{ value_json.x | is_defined }}", "{}", None),
        ("{{ iif(value == '1', 'open', 'closed') }}", "1", "open"),
        ("{{ value | from_json | length }}", "[1, 2]", "2"),
    ],
)
def test_reads(source: str, payload: str, expected: str | None) -> None:
    assert Template(source).read(Payload(payload)) == expected


@pytest.mark.parametrize("keys", [".a", "['a']", ".a.b", "['a']['b']", ".a['b']", ".items", ".a.items"])
@pytest.mark.parametrize(
    "payload", ["{}", '{"a": 1}', '{"a": {"b": [1, "x"]}}', '{"a": {"b": null}}', '{"a": "text"}', '{"a": 2.50}', "7"]
)
def test_look_ups_equal_the_engine(keys: str, payload: str) -> None:
    fast, slow = Template(f"{{{{ value_json{keys} }}}}"), Template(f"{{{{ (value_json{keys}) }}}}")
    message = Payload(payload)
    assert fast.read(message) == slow.read(message)


def test_render_takes_the_variables_of_commands() -> None:
    assert Template('{ "position": {{ position }} }').render(position=40, value=40) == '{ "position": 40 }'
    assert Template("{{ value_json.x }}").render(value=1) is None


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 999999999 }}",
        "{{ [0] * 999999999 }}",
        "{{ '%099999d' % 3 }}",
        "{{ '%*d' | format(99999, 3) }}",
        "{{ 9 ** 999999 }}",
        "{{ value.ljust(99999999) }}",
        "{{ value | replace('o', 'x' * 60000) }}",
        "{{ value.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ range(99999) }}",
    ],
)
def test_the_sandbox_gives_nothing(source: str) -> None:
    assert Template(source).read(Payload("foo")) in (None, "")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{{ value", "template.syntax"),
        ("{{ value | no_such_filter }}", "template.syntax"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "template.syntax"),
        ("{% for i in value %}{{ i }}{% endfor %}", "template.refused"),
        ("{% macro m() %}{% endmacro %}", "template.refused"),
        ("{% include 'x' %}", "template.refused"),
        ("{{ " + " ~ ".join(["value"] * 17) + " }}", "template.refused"),
        ("x" * 10_000, "template.refused"),
    ],
)
def test_refuses(source: str, code: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template(source)
    assert caught.value.code == code


def test_a_payload_that_is_too_long_says_nothing() -> None:
    assert Template("{{ value }}").read(Payload("x" * 70_000)) is None
