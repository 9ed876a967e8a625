"""The command `edge devices`: what the hub sees of the home, as it is, as it changes, and where it has it from."""

import argparse
import difflib
import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edge.core.errors import ExitCode, InputError
from edge.core.home import Entity, HomeState

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Protocol

    from edge.home.facts import Fact
    from edge.models import ModelStore
    from edge.profile import Profile

    class Home(Protocol):
        """The home of the command line."""

        def snapshot(self) -> HomeState:
            """As it is now."""
            ...

    class OpenHome(Protocol):
        """Opens the home that the command is about; on_change is told, on another thread, of every change."""

        def __call__(self, on_change: Callable[[], None] | None = None) -> AbstractContextManager[tuple[Profile, Home]]:
            """Profile and home, for as long as they are needed."""
            ...


TICK_S = 1.0
"""How often it looks unasked: ages count on, and some states change by the clock alone."""
_SHOWN = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `edge devices` takes."""
    from edge.cli_say import add_arguments as add_say

    add_say(parser)
    parser.add_argument("filter", nargs="?", default="", metavar="FILTER", help="only those that hold this text")
    parser.add_argument("--room", metavar="NAME", help="only those in this room")
    parser.add_argument("--domain", metavar="NAME", help="only those of this kind, such as light")
    parser.add_argument("--unavailable", action="store_true", help="only those that are away")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--watch", action="store_true", help="go on, and show every change; stop with Ctrl-C")
    how.add_argument("--why", metavar="ENTITY", help="show where each fact about one device comes from (id or name)")


def run(
    args: argparse.Namespace,
    profile: "Callable[[], Profile]",
    open_home: "OpenHome",
    store: "Callable[[], ModelStore]",
) -> ExitCode:
    """Raises InputError (`devices.no_room`, `devices.no_entity`, `devices.several`) and what opening the home does."""
    if args.say or args.said_as or args.forget or args.to:
        return _how_it_is_said(args, profile(), open_home, store)
    if args.watch:
        return _watch(args, open_home)
    with open_home() as (own, home):
        state = home.snapshot()
        taught = _taught(args, own, state)
        if args.why:
            return _why(args, state, home, taught)
    return _list(args, state, taught)


def _taught(args: argparse.Namespace, profile: "Profile", state: HomeState) -> HomeState:
    """The home with the names that people have taught."""
    from edge import kept_files, past, teaching

    if profile.memory.keep == "nothing" or not kept_files.history(profile).exists():
        return state
    store = past.store_of(profile, past.home_name(profile, simulated=args.simulated, file=args.home))
    try:
        return teaching.with_names(state, teaching.lessons_of_home(profile, store))
    finally:
        store.close()


def _new_names(entity: Entity, taught: HomeState) -> tuple[str, ...]:
    return taught.entities[entity.entity_id].aliases[len(entity.aliases) :]


def _how_it_is_said(
    args: argparse.Namespace, profile: "Profile", open_home: "OpenHome", store: "Callable[[], ModelStore]"
) -> ExitCode:
    from edge import cli_say
    from edge.hearing import expected

    return cli_say.run(args, profile, open_home, lambda own, home: expected(own, store(), home))


def _list(args: argparse.Namespace, state: HomeState, taught: HomeState) -> ExitCode:
    from edge.core.codec import dumps
    from edge.show import devices_table, printable_json, rooms_without_devices

    chosen = _chosen(taught, args)  # which is not what is printed: a home that is saved has no taught names of its own
    found = replace(chosen, entities={key: state.entities[key] for key in chosen.entities})
    if args.json:
        print(printable_json(dumps(found)))
    else:
        print(devices_table(found, {e.entity_id: _new_names(e, taught) for e in found.entities.values()}))
        for name in rooms_without_devices(state):
            print(f"\nno device is in {name}: check its spelling in home.toml and in the section [home] of edge.toml")
        if not found.entities:
            print("no device matches" if state.entities else "no device has announced itself by MQTT discovery")
    return ExitCode.OK if found.entities else ExitCode.NOT_DONE


def _chosen(state: HomeState, args: argparse.Namespace) -> HomeState:
    from edge.show import matching

    rooms = {room.id for room in state.areas_named(args.room)} if args.room else set()
    if args.room and not rooms:
        known = [name for area in state.areas for name in (area.name, *area.aliases)]
        raise InputError("devices.no_room", f"there is no room {args.room!r}{_nearest(args.room, known)}")
    kept = [
        entity
        for entity in matching(state, args.filter).entities.values()
        if (not rooms or entity.area in rooms)
        and (args.domain is None or entity.domain == args.domain)
        and not (args.unavailable and entity.available)
    ]
    return HomeState.of(kept, state.areas, state.floors, state.mic_area, state.taken_ms)


# --- where it comes from ---------------------------------------------------------------------------------


def _why(args: argparse.Namespace, state: HomeState, home: "Home", taught: HomeState) -> ExitCode:
    from edge.home.facts import Fact
    from edge.show import printable, printable_json, table

    entity = state.entities[_one(args.why, taught).entity_id]
    known: Callable[[str], tuple[Fact, ...]] | None = getattr(home, "facts", None)
    facts = known(entity.entity_id) if known else _of_file(entity, state)
    if names := _new_names(entity, taught):
        facts = (*facts, Fact("aliases", names, "taught", "edge teach --list", at_ms=None, retained=False))
    if args.json:
        told = [
            {"fact": f.name, "value": f.value, "source": f.source, "detail": f.detail, "at_ms": f.at_ms,
             "retained": f.retained} for f in facts
        ]  # fmt: skip
        text = json.dumps({"entity_id": entity.entity_id, "facts": told}, ensure_ascii=False, default=str)
        print(printable_json(text))
        return ExitCode.OK
    print(printable(f"{entity.name} ({entity.entity_id})"), end="\n\n")
    rows = [(f.name, _short(f.value), f.source or "—", _short(f.detail), _heard(f, state.taken_ms)) for f in facts]
    print(table(("fact", "value", "from", "how", "heard"), rows))
    return ExitCode.OK


def _of_file(entity: Entity, state: HomeState) -> tuple["Fact", ...]:
    """All that is known of a home from a file is what the file says."""
    from edge.home.facts import Fact

    room = state.area(entity.area)
    said: dict[str, object] = {"name": entity.name, "area": room.name if room else entity.area}
    said |= {"voice": str(entity.voice), "available": entity.available, "state": entity.state, **entity.attributes}
    return tuple(Fact(name, value, "the file", "", at_ms=None, retained=False) for name, value in said.items())


def _one(text: str, state: HomeState) -> Entity:
    """The entity of this id, else the only one of this name."""
    if text in state.entities:
        return state.entities[text]
    named = state.entities_named(text)
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(entity.entity_id for entity in named)
        raise InputError("devices.several", f"several devices are called {text!r}: name one of {ids}")
    known = [*state.entities, *(name for entity in state.entities.values() for name in entity.names)]
    raise InputError("devices.no_entity", f"there is no device {text!r}{_nearest(text, known)}")


def _heard(fact: "Fact", now_ms: int) -> str:
    from edge.show import duration

    if fact.at_ms is None:
        return "kept" if fact.retained else "—"
    ago = f"{duration((now_ms - fact.at_ms) / 1000)} ago"
    return f"{ago}, kept by the broker" if fact.retained else f"{ago}, live"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else _json(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _json(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, default=str)


def _nearest(text: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(text[:100], known, 1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else "; edge devices shows them all"


# --- as it changes ---------------------------------------------------------------------------------------


def _watch(args: argparse.Namespace, open_home: "OpenHome") -> ExitCode:
    changed = threading.Event()
    on_terminal = sys.stdout.isatty() and not args.json
    with open_home(changed.set) as (_, home):
        show: Callable[[HomeState], None] = _Screen().show if on_terminal else _Changes(as_json=args.json).show
        try:
            if on_terminal:
                sys.stdout.write(_ENTER)
            while True:
                changed.clear()
                show(_chosen(home.snapshot(), args))
                changed.wait(TICK_S)
        except KeyboardInterrupt:
            return ExitCode.OK
        finally:
            if on_terminal:
                sys.stdout.write(_LEAVE)
                sys.stdout.flush()


_ENTER, _LEAVE = "\033[?1049h\033[?25l", "\033[?25h\033[?1049l"
"""To a screen of its own without a cursor, and back (ECMA-48 and xterm's private modes)."""


class _Screen:
    """The table on a terminal; only lines that differ are written again, so that nothing flickers."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def show(self, state: HomeState) -> None:
        from edge.show import devices_table

        columns, rows = shutil.get_terminal_size()
        table = devices_table(state).splitlines()
        if len(table) > rows - 1:
            table = [*table[: rows - 2], f"… and {len(table) - rows + 2} more: name a FILTER or --room"]
        lines = [line[:columns] for line in table]
        for number in range(max(len(lines), len(self._lines))):
            line = lines[number] if number < len(lines) else ""
            if number >= len(self._lines) or self._lines[number] != line:
                sys.stdout.write(f"\033[{number + 1};1H\033[2K{line}")
        sys.stdout.flush()
        self._lines = lines


class _Changes:
    """A line a change, for pipes and logs; the first look is where changes are counted from."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._before: Mapping[str, Entity] | None = None

    def show(self, state: HomeState) -> None:
        before, self._before = self._before, state.entities
        if before is None:
            return
        for entity_id in sorted({*before, *state.entities}):
            old, new = before.get(entity_id), state.entities.get(entity_id)
            if old is new or (old is not None and new is not None and _shown(old) == _shown(new)):
                continue  # it has reported once more what was known
            print(self._line(entity_id, old, new, state), flush=True)

    def _line(self, entity_id: str, old: Entity | None, new: Entity | None, state: HomeState) -> str:
        from edge.show import printable, printable_json

        if self._as_json:
            from edge.core.codec import to_json

            told: dict[str, Any] = {"at_ms": state.taken_ms, "entity_id": entity_id, "entity": to_json(new)}
            return printable_json(json.dumps(told, ensure_ascii=False))
        clock = time.strftime("%H:%M:%S", time.localtime(state.taken_ms / 1000))
        name = (new or old or Entity(entity_id, "", entity_id)).name
        return printable(f"{clock}  {name}  {_told(old, new)}  {entity_id}")


def _shown(entity: Entity) -> tuple[object, ...]:
    return (entity.name, entity.area, entity.state, dict(entity.attributes), entity.available, entity.voice)


def _told(old: Entity | None, new: Entity | None) -> str:
    from edge.show import state_words

    if new is None:
        return "gone"
    if old is None:
        return f"new: {state_words(new)}"
    changes = [f"{state_words(old)} → {state_words(new)}"] if state_words(old) != state_words(new) else []
    changes += [
        f"{key} {_json(old.attributes.get(key))} → {_json(new.attributes.get(key))}"
        for key in sorted({*old.attributes, *new.attributes})
        if old.attributes.get(key) != new.attributes.get(key)
    ]
    return ", ".join(changes) or "named or placed anew"
