"""No configuration crashes loading it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machine import Machine, write

from edge.core.errors import InputError
from edge.settings import FIELDS


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


texts = st.text(max_size=20) | st.sampled_from(
    ["", "x", "~", "~nobody/x", "/", "\0", "auto", "raspberry-pi-4", "0x" + "f" * 5000]
)
scalars = texts | st.integers() | st.floats() | st.booleans() | st.dates() | st.datetimes() | st.times()
toml = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
keys = st.sampled_from(sorted({part for key in FIELDS for part in key.split(".")})) | texts
tables = st.dictionaries(keys, st.dictionaries(keys, toml, max_size=4) | toml, max_size=4)


def quoted(text: str) -> str:
    plain = all(" " <= c != "\x7f" and c not in '"\\' for c in text)
    return f'"{text}"' if plain else '"' + "".join(f"\\U{ord(c):08X}" for c in text) + '"'


def as_toml(value: Any) -> str:
    match value:
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case list():
            return "[" + ", ".join(map(as_toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {as_toml(item)}" for key, item in value.items()) + "}"
        case int() | float():
            return str(value)
        case _:
            return str(value.isoformat())


def loads_or_tells(machine: Machine, **options: Any) -> None:
    told: InputError | None = None
    try:
        assert machine.load(board=None, **options).entries()
    except InputError as error:
        told = error
    if told is not None:
        assert told.code == "config.invalid"
        assert str(told).encode()


same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@same_folder
@given(data=tables, inline=st.booleans())
def test_no_toml_crashes_loading(machine: Machine, data: dict[str, Any], inline: bool) -> None:
    lines = []
    for key, value in sorted(data.items(), key=lambda item: isinstance(item[1], dict)):
        if isinstance(value, dict) and not inline:
            lines += [f"[{quoted(key)}]", *(f"{quoted(k)} = {as_toml(v)}" for k, v in value.items())]
        else:
            lines.append(f"{quoted(key)} = {as_toml(value)}")
    write(machine.user, "\n".join(lines))
    loads_or_tells(machine)


@same_folder
@given(data=st.binary(max_size=200))
def test_no_bytes_crash_loading(machine: Machine, data: bytes) -> None:
    machine.user.parent.mkdir(parents=True, exist_ok=True)
    machine.user.write_bytes(data)
    loads_or_tells(machine)


@same_folder
@given(key=st.sampled_from(sorted(FIELDS)) | texts, text=texts | st.text())
def test_no_text_crashes_environment_and_command_line(machine: Machine, key: str, text: str) -> None:
    loads_or_tells(machine, overrides=[f"{key}={text}", text], environ={f"EDGE_{key.upper().replace('.', '__')}": text})
