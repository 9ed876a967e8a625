"""`edge home init`: what it writes can be read, whatever the devices are called."""

import tomllib
from pathlib import Path

import pytest

from edge.cli_home import template
from edge.core.home import Area, Entity, Floor, HomeState, Voice
from edge.household_file import load

HOSTILE = [
    "\x00", "a\x1bb", "\x7f", "\x85next", "line\nbreak", "cr\rlf", 'quote"', "'", "back\\slash", "]", "# no", '"""',
    "\ud800", "\u2028", "🛁", "", " ", "x" * 300, "{0}", "{name}", "%s", "=", "ends\\",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_written_can_be_read(tmp_path: Path, name: str) -> None:
    device = Entity("light.x", "light", name, (name,), "r", attributes={"device_class": name}, voice=Voice.GUARDED)
    home = HomeState.of([device, Entity(f"lock.{name}", name, name)], [Area("r", name, "f")], [Floor("f", name)], "r")
    path = tmp_path / "home.toml"
    path.write_text(template(home), encoding="utf-8")
    house = load(path)
    assert house.rules == ()
    assert [area.name for area in house.areas] in ([], [name])
    # Every line may be taken at its word, but for those that explain.
    written = path.read_text(encoding="utf-8").partition('# room = "Garden"\n')[2]
    found = tomllib.loads("\n".join(line.removeprefix("# ") for line in written.splitlines() if line != "#"))
    assert set(found["devices"]) == {"light.x", f"lock.{name}".encode("utf-8", "replace").decode()}
    assert found["devices"]["light.x"]["voice"] == "guarded"


def test_all_hostile_names_at_once(tmp_path: Path) -> None:
    areas = [Area(f"r{n}", name) for n, name in enumerate([*HOSTILE, "Hall", "hall", "HALL "])]
    path = tmp_path / "home.toml"
    path.write_text(template(HomeState.of([], areas)), encoding="utf-8")
    names = [area.name for area in load(path).areas]
    assert sum(name.strip().casefold() == "hall" for name in names) == 1
    assert {"🛁", 'quote"', "back\\slash"} <= set(names)


def test_what_a_voice_may_do_is_written_as_it_is() -> None:
    devices = [Entity(f"light.{voice}", "light", voice, voice=voice) for voice in Voice]
    blocks = template(HomeState.of(devices)).split("# [devices.")[2:]
    assert [(block.split('"')[1], f'voice = "{block.split(chr(34))[1].removeprefix("light.")}"' in block,
             "asked first" in block) for block in blocks] == [
        ("light.allowed", True, False), ("light.confirm", True, True), ("light.guarded", True, True),
        ("light.never", True, False),
    ]  # fmt: skip
