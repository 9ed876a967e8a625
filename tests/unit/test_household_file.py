"""home.toml: what a person may write, and what is said of what they got wrong."""

import os
from pathlib import Path

import pytest

from edge.core.errors import InputError
from edge.core.home import Area, Entity, Floor, HomeState, Voice
from edge.home.household import Household
from edge.household_file import load
from edge.settings import HomeSettings

FILE = """\
microphone = "den"

[floors."Ground Floor"]
aliases = ["downstairs"]

[rooms."Living Room"]
floor = "Ground Floor"
aliases = ["lounge", "den"]

[rooms.bath]
name = "Bathroom"
floor = "First Floor"

[devices."lock.front_door"]
name = "Front Door"
aliases = ["main door"]
room = "Hall"
voice = "allowed"
code_file = "code"

[devices."light.garden_*"]
room = "Garden"
voice = "never"
"""


def write(folder: Path, text: str | bytes, code: str = "4711\n") -> Path:
    path = folder / "home.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "code").write_text(code)
    (folder / "code").chmod(0o600)
    return path


def problems(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.code == "household.invalid"
    return str(caught.value).replace(f"{path}:", "")


def test_all_of_it(tmp_path: Path) -> None:
    path = write(tmp_path, FILE)
    house = load(path)
    assert house.floors == (Floor("ground_floor", "Ground Floor", ("downstairs",)), Floor("first_floor", "First Floor"))
    assert house.areas == (
        Area("living_room", "Living Room", "ground_floor", ("lounge", "den")),
        Area("bathroom", "Bathroom", "first_floor", ("bath",)),
        Area("hall", "Hall"),
        Area("garden", "Garden"),
    )
    assert house.mic_area == "living_room"
    door = house.applied(Entity("lock.front_door", "lock", "0x1234"))
    assert (door.name, door.aliases, door.area, door.voice) == ("Front Door", ("main door",), "hall", Voice.ALLOWED)
    assert house.code("lock.front_door") == "4711"
    lamp = house.applied(Entity("light.garden_2", "light", "Lamp"))
    assert (lamp.area, lamp.voice) == ("garden", Voice.NEVER)
    assert {fact.source for fact in house.origin(lamp) if fact.name in ("area", "voice")} == {f"{path}:21"}


def test_without_a_file_the_settings_count(tmp_path: Path) -> None:
    settings = HomeSettings(area="Kitchen", floors={"Ground": ("Kitchen",)})
    house = load(tmp_path / "none.toml", settings)
    assert house == Household.of(
        areas=[Area("kitchen", "Kitchen", "ground")], floors=[Floor("ground", "Ground")], mic_area="Kitchen"
    )


def test_the_file_wins_over_the_settings(tmp_path: Path) -> None:
    settings = HomeSettings(area="Kitchen", floors={"Top": ("Living Room", "Attic")})
    house = load(write(tmp_path, FILE), settings)
    assert house.mic_area == "living_room"
    assert {area.name: area.floor for area in house.areas if area.floor} == {
        "Living Room": "ground_floor",
        "Attic": "top",
        "Bathroom": "first_floor",
    }


@pytest.mark.parametrize("said", ["Ground Floor", "ground", "downstairs", "GROUND_FLOOR"])
@pytest.mark.parametrize("first", ["rooms", "floors"])
def test_a_floor_is_named_by_key_name_or_alias(tmp_path: Path, said: str, first: str) -> None:
    rooms = f"[rooms.Kitchen]\nfloor = '{said}'\n"
    floors = "[floors.ground]\nname = 'Ground Floor'\naliases = ['downstairs']\n"
    path = write(tmp_path, rooms + floors if first == "rooms" else floors + rooms)
    house = load(path, HomeSettings(floors={"Ground Floor": ("Hall",)}))
    assert house.floors == (Floor("ground", "Ground Floor", ("downstairs",)),)
    assert {area.name: area.floor for area in house.areas} == {"Kitchen": "ground", "Hall": "ground"}
    home = HomeState.of([], house.areas, house.floors)
    assert [floor.id for floor in home.floors_named("ground floor")] == ["ground"]


def test_a_floor_that_only_rooms_name(tmp_path: Path) -> None:
    house = load(write(tmp_path, "[rooms.A]\nfloor = 'Top'\n[rooms.B]\nfloor = 'top'\n"))
    assert house.floors == (Floor("top", "Top"),)
    assert [area.floor for area in house.areas] == ["top", "top"]


@pytest.mark.parametrize("voice", list(Voice))
def test_every_voice_can_be_written(tmp_path: Path, voice: Voice) -> None:
    house = load(write(tmp_path, f"[devices.'light.x']\nvoice = '{voice}'\n"))
    assert house.applied(Entity("light.x", "light", "X")).voice is voice


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[room.x]\n", "1: there is no section 'room'; did you mean rooms?"),
        ("rooms = 3\n", "1: rooms: expected a table, found 3"),
        ("\n[rooms]\nx = 3\n", "3: rooms.x: expected a table, found 3"),
        ("[rooms.x]\nflor = 'A'\n", "2: rooms.x: there is no key 'flor'; did you mean floor?"),
        ("[rooms.x]\naliases = 'A'\n", "2: rooms.x.aliases: expected a list of at least one name, found 'A'"),
        ("[rooms.x]\naliases = ['']\n", "expected a name of at most 200 characters, found ''"),
        ("[rooms.A]\n[rooms.a]\n", "2: rooms.a: is there twice, as A too"),
        ("[devices.'light.x']\nvoice = 'yes'\n", "expected one of allowed, guarded, confirm, never, found 'yes'"),
        ("[devices.light.x]\nname = 'A'\n", '1: devices.light: an id is written in quotes: [devices."light.x"]'),
        ("[devices.'light.*']\nname = 'A'\n", "2: devices.light.*: a name is for one device, not for a pattern"),
        ("[devices.'lock.x']\ncode_file = 'no-such-file'\n", "No such file or directory"),
        ("[devices.'Front Door']\ncode_file = 'code'\n", "2: devices.Front Door: a code goes with the device's id"),
        ("microphone = 7\n", "1: microphone: expected"),
        ("\n[rooms.\n", "at line 2, column 8"),
        ("a = 1\na = 2\n", "Cannot overwrite a value (at line 2"),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    assert told in problems(path).replace(str(path), "home.toml")


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    told = problems(write(tmp_path, "[rooms.x]\nflor = 1\n[devices.'a.b']\nvoice = 'no'\nroom = 1\n"))
    assert told.startswith("3 things are wrong:\n")
    assert [line.split(":")[0].strip() for line in told.splitlines()[1:]] == ["2", "4", "5"]


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"x = " + b"[" * 100_000, b"#" * 1_000_001, b"x = 1e999999\n\x00"])
def test_what_is_no_toml(tmp_path: Path, raw: bytes) -> None:
    assert problems(write(tmp_path, raw))


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "home.toml").mkdir()
    assert "cannot be read" in problems(tmp_path / "home.toml")


def test_a_code_that_everybody_can_read(tmp_path: Path) -> None:
    path = write(tmp_path, FILE)
    (tmp_path / "code").chmod(0o644)
    told = problems(path)
    assert "19: devices.lock.front_door: everybody can read the code" in told
    assert f"chmod 600 {tmp_path / 'code'}" in told
    assert "4711" not in told


@pytest.mark.parametrize("code", ["", "\n", "1\n2\n", "x" * 2000])
def test_a_code_that_is_none(tmp_path: Path, code: str) -> None:
    assert "expected one line of text, the code" in problems(write(tmp_path, FILE, code))


def test_no_code_is_shown(tmp_path: Path) -> None:
    assert "4711" not in repr(load(write(tmp_path, FILE)))


def test_the_file_of_a_large_home_is_read_in_one_go(tmp_path: Path) -> None:
    text = "".join(f'[devices."light.lamp_{n}"]\nroom = "Room {n % 40}"\n\n' for n in range(2000))
    house = load(write(tmp_path, text))
    assert len(house.areas) == 40
    assert house.rules[-1].origin.endswith(":5998")
    home = HomeState.of(house.applied(Entity(f"light.lamp_{n}", "light", f"Lamp {n}")) for n in range(2000))
    assert {entity.area for entity in home.entities.values()} == {area.id for area in house.areas}


def test_home_is_where_it_is_looked_for() -> None:
    from edge.profile import load_profile

    profile = load_profile(board="x86-64", environ={"HOME": os.sep + "h"}, system_paths=())
    assert profile.paths.home == Path("/h/.config/edge/home.toml")
