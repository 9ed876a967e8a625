"""`home.toml`: what a household says of its rooms and devices, read, checked and merged with the settings `[home]`.

    [rooms."Living Room"]
    floor = "Ground Floor"
    aliases = ["lounge"]

    [devices."lock.front_door"]
    voice = "confirm"

Whatever is wrong is told, all at once, each with its line. What names a device that is not there is no mistake here:
devices come and go, and `edge home check` finds it.
"""

import difflib
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from edge.core.errors import InputError
from edge.core.home import Area, Floor, Voice
from edge.home.household import Household, Rule, by_name, merged
from edge.home.naming import place_id
from edge.layers import lines, read_limited
from edge.resources import user_home
from edge.settings import HomeSettings, Name
from edge.values import Matching, WrongValueError, check, show

_MAX_CODE_BYTES = 1000
_MAX_ENTRIES = 10_000

_Voice = Annotated[str, Matching("|".join(Voice), f"one of {', '.join(Voice)}")]
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "rooms": {"name": Name, "floor": Name, "aliases": tuple[Name, ...]},
    "floors": {"name": Name, "aliases": tuple[Name, ...]},
    "devices": {"name": Name, "aliases": tuple[Name, ...], "room": Name, "voice": _Voice, "code_file": Path},
}
"""Section -> key -> its type."""
_PLAIN: Mapping[str, Any] = {"microphone": Name}
"""Keys outside the sections: `microphone`, the room that it is in."""


def load(
    path: Path,
    settings: HomeSettings | None = None,
    *,
    zigbee_base: str = "zigbee2mqtt",
    environ: Mapping[str, str] = os.environ,
) -> Household:
    """The household of the file and of the settings; the file wins. It need not exist.

    Raises InputError (`household.invalid`) that names the place of everything that is wrong.
    """
    settings = settings or HomeSettings()
    reader = _Reader(path, user_home(environ))
    reader.read()
    if reader.problems:
        listed = "".join(f"\n  {problem}" for problem in reader.problems)
        many = f"{len(reader.problems)} things are wrong:{listed}"
        raise InputError("household.invalid", reader.problems[0] if len(reader.problems) == 1 else many)
    areas, floors = merged(settings.floors, reader.areas, reader.floors)
    return Household.of(
        areas=areas,
        floors=floors,
        mic_area=reader.microphone or settings.area,
        rules=reader.rules,
        zigbee_base=zigbee_base,
    )


class _Reader:
    """One file; fills its attributes and `problems`."""

    def __init__(self, path: Path, home: Path) -> None:
        self._path = path
        self._home = home
        self._lines: Mapping[tuple[str, ...], int] = {}
        self.problems: list[str] = []
        self.areas: list[Area] = []
        self.floors: list[Floor] = []
        self.rules: list[Rule] = []
        self.microphone: str | None = None

    def read(self) -> None:
        try:
            text = read_limited(self._path)
            tables = tomllib.loads(text)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self.problems.append(f"{self._path}: cannot be read: {error.strerror}")
            return
        except RecursionError:
            self.problems.append(f"{self._path}: is nested too deeply")
            return
        except ValueError as error:  # bad UTF-8, bad TOML, numbers and dates that Python cannot hold
            self.problems.append(f"{self._path}: {error}")
            return
        self._lines = lines(text)
        for key, raw in tables.items():
            if key in _PLAIN:
                self.microphone = self._value(_PLAIN[key], raw, (key,))
            elif key not in _KINDS:
                self._wrong((key,), f"there is no section {show(key)}{_nearest(key, [*_KINDS, *_PLAIN])}")
            elif not isinstance(raw, dict):
                self._wrong((key,), f"{key}: expected a table, found {show(raw)}")
            elif len(raw) > _MAX_ENTRIES:
                self._wrong((key,), f"{key}: has more than {_MAX_ENTRIES:,} entries")
            else:
                for name, values in self._entries(key, raw):
                    getattr(self, f"_{key}")(name, values)
        self._check_names()
        self._place_on_floors()

    def _entries(self, section: str, table: Mapping[str, object]) -> Iterator[tuple[str, dict[str, Any]]]:
        kinds = _KINDS[section]
        for name, raw in table.items():
            place = (section, name)
            if self._value(Name, name, place, what=section) is None:
                continue
            if not isinstance(raw, dict):
                self._wrong(place, f"{section}.{name}: expected a table, found {show(raw)}")
                continue
            values: dict[str, Any] = {}
            for key, item in raw.items():
                if key in kinds:
                    values[key] = self._value(kinds[key], item, (*place, key))
                elif section == "devices" and isinstance(item, dict):
                    quoted = f'[devices."{name}.{key}"]'
                    self._wrong((*place, key), f"{section}.{name}: an id is written in quotes: {quoted}")
                else:
                    self._wrong((*place, key), f"{section}.{name}: there is no key {show(key)}{_nearest(key, kinds)}")
            yield name, {key: value for key, value in values.items() if value is not None}

    def _rooms(self, key: str, values: Mapping[str, Any]) -> None:
        name, floor = values.get("name", key), values.get("floor")
        aliases = values.get("aliases", ())
        aliases = (*aliases, key) if place_id(key) != place_id(name) else aliases
        self.areas.append(Area(place_id(name), name, floor, aliases))

    def _floors(self, key: str, values: Mapping[str, Any]) -> None:
        name = values.get("name", key)
        self.floors = [floor for floor in self.floors if floor.id != place_id(key)]
        self.floors.append(Floor(place_id(key), name, values.get("aliases", ())))

    def _place_on_floors(self) -> None:
        """Rooms name their floors by key, name or alias, before or after the floor is described, or alone."""
        known = by_name(self.floors)
        for at, area in enumerate(self.areas):
            if area.floor:
                made = place_id(area.floor)
                if made not in known:
                    known[made] = Floor(made, area.floor)
                    self.floors.append(known[made])
                self.areas[at] = replace(area, floor=known[made].id)

    def _devices(self, pattern: str, values: Mapping[str, Any]) -> None:
        code = None
        if "code_file" in values:
            code = self._code(pattern, values["code_file"])
        self.rules.append(
            Rule(
                pattern,
                self._origin(("devices", pattern)),
                values.get("name"),
                values.get("aliases", ()),
                values.get("room"),
                Voice(values["voice"]) if "voice" in values else None,
                code,
            )
        )
        if "name" in values and self.rules[-1].is_pattern:
            self._wrong(("devices", pattern, "name"), f"devices.{pattern}: a name is for one device, not for a pattern")

    def _code(self, pattern: str, path: Path) -> str | None:
        place = ("devices", pattern, "code_file")
        if "." not in pattern:
            self._wrong(place, f"devices.{pattern}: a code goes with the device's id, such as lock.front_door")
            return None
        try:
            if path.stat().st_mode & stat.S_IROTH:
                self._wrong(place, f"devices.{pattern}: everybody can read the code in {path}: run chmod 600 {path}")
                return None
            with path.open("rb") as file:
                text = file.read(_MAX_CODE_BYTES + 1).decode("utf-8").rstrip("\r\n")
        except OSError as error:
            self._wrong(place, f"devices.{pattern}: code_file: {path}: {error.strerror}")
            return None
        except ValueError:
            text = ""
        if not text or len(text) > _MAX_CODE_BYTES or "\n" in text:
            self._wrong(place, f"devices.{pattern}: code_file: expected one line of text, the code, in {path}")
            return None
        return text

    def _check_names(self) -> None:
        """Two rooms of one name are one room to everybody who speaks of it."""
        seen: dict[str, str] = {}
        for area in self.areas:
            if area.id in seen:
                self._wrong(("rooms", area.name), f"rooms.{area.name}: is there twice, as {seen[area.id]} too")
            seen[area.id] = area.name

    def _value(self, kind: Any, raw: object, place: tuple[str, ...], what: str = "") -> Any:
        try:
            return check(kind, raw, base=self._path.parent, home=self._home)
        except WrongValueError as error:
            self._wrong(place, f"{what or '.'.join(place)}: {error}")
            return None

    def _wrong(self, place: tuple[str, ...], problem: str) -> None:
        self.problems.append(f"{self._origin(place)}: {problem}")

    def _origin(self, place: tuple[str, ...]) -> str:
        known = (self._lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self._lines)
        return f"{self._path}:{next(known, 1)}"


def _nearest(name: str, known: Any) -> str:
    near = difflib.get_close_matches(name[:100], list(known), 1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
