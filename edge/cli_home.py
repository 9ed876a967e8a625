"""The command `edge home`: whether the home can be spoken to as it is, and a file to say more about it."""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import ExitCode, InputError
from edge.core.home import Entity, HomeState, Voice

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Protocol

    from edge.core.phones import Pronunciation
    from edge.home.complaints import Complaint
    from edge.home_check import Sounds
    from edge.profile import Profile

    class Home(Protocol):
        """The home of the command line."""

        def snapshot(self) -> HomeState:
            """As it is now."""
            ...

        @property
        def complaints(self) -> tuple[Complaint, ...]:
            """What of the broker's messages could not be used."""
            ...

    OpenHome = Callable[[], AbstractContextManager[tuple[Profile, Home]]]

_HEAD = """\
# Your home, as edge is to see it: rooms, floors, names, and what a voice may do. See README.md, "Rooms, names and what
# a voice may do". Take away the # from a line to make it count, then run: edge home check

# microphone = {room}            # the room that the microphone is in

# [floors."Ground Floor"]
# aliases = ["downstairs"]

"""
_ROOM = """\
[rooms.{name}]
{floor}
# aliases = ["another name"]

"""
_DEVICES = """\
# Devices, by id, by name, or many at once by a pattern of ids. voice is allowed, guarded (a spoken yes is needed for
# what opens, unlocks, disarms, heats, turns on or sets), confirm (for every command, but to lock and to arm) or never.
#
# [devices."light.garden_*"]
# room = "Garden"

"""
_DEVICE = """\
# [devices.{id}]          # {about}
# name = {name}
# aliases = ["another name"]
# room = {room}
# voice = "{voice}"
{more}
"""
_CODE = '# code_file = "~/.config/edge/code"      # a file with its code and nothing else; chmod 600\n'


def add_arguments(parser: argparse.ArgumentParser, home: Callable[[argparse.ArgumentParser], None]) -> None:
    """The actions and their arguments. home: adds those that choose the home."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for name, told in (
        ("check", "find what is in the way of speaking to the home; status 0 when nothing serious is"),
        ("init", "write a commented home.toml from the devices that are there; never overwrites one"),
    ):
        action = actions.add_parser(name, help=told, description=told, epilog=f"example: edge home {name}")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        home(action)


def run(args: argparse.Namespace, profile: "Profile", open_home: "OpenHome") -> ExitCode:
    """Raises InputError (`home.exists`, `home.unwritable`), and what opening the home and reading home.toml do."""
    path = profile.paths.home
    if args.action == "init" and path.exists():
        raise InputError("home.exists", f"{path} is there already and stays as it is: edit it, or move it away")
    with open_home() as (_, home):
        state, complaints = home.snapshot(), home.complaints
    return _init(args, path, state) if args.action == "init" else _check(args, profile, state, complaints)


def _check(
    args: argparse.Namespace, profile: "Profile", state: HomeState, complaints: "Sequence[Complaint]"
) -> ExitCode:
    from edge import home_check, household_file
    from edge.doctor import Health
    from edge.show import checks_text

    # The built-in home and one from a file are not the household's own.
    own = not (args.simulated or args.home)
    household = household_file.load(profile.paths.home if own else Path(os.devnull), profile.home)
    found = home_check.check(state, household, sounds=_sounds(profile), complaints=complaints)
    if args.json:
        told = [{"name": c.name, "status": c.status, "found": c.found, "advice": c.advice} for c in found]
        print(json.dumps(told, ensure_ascii=False))
    elif found:
        print(checks_text(found))
    else:
        devices = f"{len(state.entities)} device{'s' * (len(state.entities) != 1)}"
        print(f"{devices} in {len(state.areas)} rooms: nothing to mend")
    return ExitCode.NOT_DONE if any(one.status is Health.FAIL for one in found) else ExitCode.OK


def _sounds(profile: "Profile") -> "Sounds | None":
    """How words are said in this household; None in a language of which that is not known."""
    if profile.language.split("-")[0] != "en":
        return None
    from edge.asr import pronunciations
    from edge.asr.lexicon import Lexicon, english_dictionary
    from edge.asr.spoken import spoken

    lexicon = Lexicon(english_dictionary(), pronunciations.read(profile.paths.pronunciations))

    def said(words: Sequence[str]) -> dict[str, Sequence["Pronunciation"]]:
        # Digits and signs are said as words: "lamp 2" is "lamp two".
        parts = {word: (spoken(word, profile.language) or "").split() for word in words}
        readings = lexicon.readings(sorted({part for these in parts.values() for part in these}))
        return {
            word: [tuple(phone for part in these for phone in readings[part][0].phones)]
            for word, these in parts.items()
            if these and all(part in readings for part in these)
        }

    return said


def _init(args: argparse.Namespace, path: Path, state: HomeState) -> ExitCode:
    text = template(state)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # never over one that has come to be meanwhile
            file.write(text)
    except OSError as error:
        raise InputError("home.unwritable", f"{path}: {error.strerror}") from error
    if args.json:
        print(json.dumps({"file": str(path), "rooms": len(state.areas), "devices": len(state.entities)}))
    else:
        print(f"written to {path}, with {len(state.areas)} rooms and {len(state.entities)} devices: edit it, then run")
        print("edge home check")
    return ExitCode.OK


def template(state: HomeState) -> str:
    """A home.toml that changes nothing about the home: its rooms, and every device in a comment."""
    from edge.home.naming import place_id

    # Two rooms that go by one name would be a mistake in the file, and so would a name that no file may hold.
    named = {place_id(area.name): area for area in sorted(state.areas, key=lambda a: a.name) if _is_name(area.name)}
    rooms = sorted(named.values(), key=lambda area: area.name)
    here = state.area(state.mic_area)
    parts = [_HEAD.format(room=_text(here.name if here else "Living Room"))]
    floors = {floor.id: f"floor = {_text(floor.name)}" for floor in state.floors if _is_name(floor.name)}
    parts += [
        _ROOM.format(name=_text(area.name), floor=floors.get(area.floor or "", '# floor = "Ground Floor"'))
        for area in rooms
    ]
    parts.append(_DEVICES)
    for entity in sorted(state.entities.values(), key=lambda e: (e.area or "", e.entity_id)):
        room = state.area(entity.area)
        parts.append(
            _DEVICE.format(
                id=_text(entity.entity_id),
                about=_about(entity),
                name=_text(entity.name),
                room=_text(room.name if room else "Kitchen"),
                voice=entity.voice,
                more=_CODE if entity.domain in ("lock", "alarm_control_panel") else "",
            )
        )
    return "".join(parts).rstrip("\n") + "\n"


def _about(entity: Entity) -> str:
    kind = "".join(sign if sign.isprintable() else " " for sign in entity.device_class or entity.domain)
    kind = " ".join(kind.replace("_", " ").split())[:60]
    return f"{kind}; a voice is asked first" if entity.voice in (Voice.GUARDED, Voice.CONFIRM) else kind


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are among its own; half a pair of surrogates, which no file holds, is not."""
    whole = value.encode("utf-8", "replace").decode("utf-8")
    written = json.dumps(whole, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in written)


def _is_name(value: str) -> bool:
    """Whether a file may hold it as a name, as it is."""
    from edge.settings import Name
    from edge.values import WrongValueError, check

    try:
        check(Name, value, base=Path(), home=Path())
    except WrongValueError:
        return False
    return value.isprintable()
