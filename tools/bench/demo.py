"""The main job, shown: recorded requests go through the whole line and change a simulated home.

Starts the hub with an embedded broker and a home of eight rooms, plays the project's own recordings to it, and ends
with status 0 only when every device really did what was asked, and nothing else did anything. With `--data` (or
EDGE_BENCH_DATA) it then plays the human recordings of that folder, in the home that belongs to them, and counts.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.turn import Command, Turn
from edge.show import table

if TYPE_CHECKING:
    from edge.audio.capture import Source
    from edge.home.simulated import SimulatedHome
    from edge.hub import Hub

RECORDINGS = Path(__file__).resolve().parents[2] / "tests" / "golden" / "audio"

PATIENCE_S = 1.0

Values = Mapping[str, object]


@dataclass(frozen=True)
class Scene:
    """One recording, and what must have come of it."""

    file: str
    entity_id: str | None = None
    """The device to look at; None where nothing may change."""
    after: Values = field(default_factory=dict)
    """What the device must be in afterwards."""
    also: frozenset[str] = frozenset()
    """Further devices that the request moves."""
    answer: str = ""
    """What the reply must hold."""
    ignored: bool = False
    """Whether the hub must not even wake."""


MOVIE_NIGHT = frozenset(
    ("light.living_room_light", "light.floor_lamp", "cover.living_room_curtain", "media_player.television")
)

SCENES = (
    Scene("turn_on_the_kitchen_light", "light.kitchen_light", {"state": "on"}),
    Scene("set_bedroom_light_brightness_to_fifty_percent", "light.bedroom_light", {"state": "on", "brightness": 50}),
    Scene("one_breath_open_the_garage_door", answer="Open the Garage Door?"),
    Scene("answers/yes_please", "cover.garage_door", {"position": 100}),
    Scene("close_the_garage_door", "cover.garage_door", {"position": 0}),
    Scene("lock_the_front_door", "lock.front_door", {"state": "locked"}),
    Scene("turn_off_the_fan_in_the_bedroom", "fan.bedroom_fan", {"state": "off"}),
    Scene("what_is_the_temperature_in_the_living_room", answer="20.5"),
    Scene(
        "activate_movie_night",
        "media_player.television",
        {"state": "idle"},
        also=MOVIE_NIGHT - {"media_player.television"},
    ),
    Scene("turn_off_all_the_lights_in_the_kitchen", "light.kitchen_light", {"state": "off"}),
    Scene("open_the_bedroom_curtains", "cover.bedroom_curtains", {"position": 100}),
    Scene("set_the_living_room_light_to_red", "light.living_room_light", {"state": "on", "color": "red"}),
    Scene("one_breath_turn_on_the_office_light", "light.office_light", {"state": "on"}),
    Scene("talk/turn_it_off_again", "light.office_light", {"state": "off"}),
    Scene("talk/put_it_back", "light.office_light", {"state": "on"}),
    Scene("oov_purple_elephants_juggle_seventeen_violins", answer="Sorry"),
    Scene("no_wake_turn_off_the_hallway_light", ignored=True),
)


@dataclass(frozen=True)
class Shown:
    """What one recording did."""

    scene: Scene
    turn: Turn | None
    before: Values
    after: Values
    moved: frozenset[str]
    """Entity ids of all devices whose state changed."""
    hear_ms: float

    @property
    def right(self) -> bool:
        """Whether exactly what was asked for has happened."""
        if self.scene.ignored:
            return self.turn is None and not self.moved
        if self.turn is None or self.turn.reply is None:
            return False
        if self.scene.entity_id is None:
            return self.scene.answer in self.turn.reply.text and not self.moved
        as_asked = all(self.after.get(key) == value for key, value in self.scene.after.items())
        return as_asked and self.moved == {self.scene.entity_id, *self.scene.also}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; returns 0 when all went as asked."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.demo", description=__doc__, epilog="example: python -m tools.bench.demo --data DIR"
    )
    parser.add_argument("--data", type=Path, help="benchmark data, for human recordings on top")
    args = parser.parse_args(argv)
    began = time.perf_counter()
    shown = play()
    right = sum(one.right for one in shown)
    sys.stdout.write(f"{_table(shown)}\n\n")
    sys.stdout.write(f"{right} of {len(shown)} as asked, in {time.perf_counter() - began:.1f} s\n")
    data = args.data or (Path(os.environ["EDGE_BENCH_DATA"]) if os.environ.get("EDGE_BENCH_DATA") else None)
    if data is not None:
        _play_humans(data)
    return 0 if right == len(shown) else 1


def play() -> list[Shown]:
    """Every scene, in order, in one home."""
    from edge.audio.capture import FileSource
    from edge.home.simulated import SimulatedHome
    from edge.house import linked, simulated_profile
    from edge.hub import Hub
    from edge.models import ModelStore, default_store, load_manifests
    from edge.profile import load_profile
    from edge.resources import data_dir

    # The demo is the same on every machine: no file and no variable of its user takes part.
    profile = load_profile(environ={}, system_paths=())
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    shown = []
    with (
        SimulatedHome() as home,
        linked(simulated_profile(profile, home), ready_s=10.0) as link,
        Hub(profile, link, store=lambda: store) as hub,
    ):
        hub.standby().refresh()
        hub.grammar.settle()  # as the hub does before it listens
        for scene in SCENES:
            with FileSource(RECORDINGS / f"{scene.file}.flac") as source:
                shown.append(_show(scene, source, hub, home))
            sys.stderr.write("." if sys.stderr.isatty() else "")
    sys.stderr.write("\n" if sys.stderr.isatty() else "")
    return shown


def _show(scene: Scene, source: "Source", hub: "Hub", home: "SimulatedHome") -> Shown:
    before = _states(home)
    began = time.perf_counter()
    turns = list(hub.replay(source))
    took_ms = (time.perf_counter() - began) * 1000
    after = _settled(scene, home)
    spans = sum(span.ms for turn in turns for span in turn.spans)
    return Shown(
        scene,
        turns[0] if turns else None,
        before.get(scene.entity_id or "", {}),
        after.get(scene.entity_id or "", {}),
        frozenset(entity_id for entity_id in after if after[entity_id] != before[entity_id]),
        took_ms - spans,
    )


def _settled(scene: Scene, home: "SimulatedHome") -> dict[str, Values]:
    """The home's states once the device is as it should be, at the latest after `PATIENCE_S`.

    Most devices have confirmed by now; a scene cannot, so the devices that it sets are given a moment.
    """
    until = time.perf_counter() + PATIENCE_S
    while True:
        states = _states(home)
        state = states.get(scene.entity_id or "", {})
        if all(state.get(key) == value for key, value in scene.after.items()) or time.perf_counter() > until:
            return states
        time.sleep(0.01)


def _states(home: "SimulatedHome") -> dict[str, Values]:
    from edge.home.catalogue import ROWS

    return {row.entity_id: home.state(row.entity_id) for row in ROWS}


def _table(shown: Sequence[Shown]) -> str:
    head = ("", "heard", "understood", "before → after", "hear", "think", "act")
    return table(head, [_row(one) for one in shown])


def _row(one: Shown) -> tuple[str, ...]:
    mark = "ok" if one.right else "WRONG"
    hear = f"{one.hear_ms:.0f} ms"
    if one.turn is None:
        return (mark, "(no wake word)", "ignored", "", hear, "", "")
    spans = {span.stage: span.ms for span in one.turn.spans}
    thinking = spans.get("understand", 0.0) + spans.get("resolve", 0.0)
    acting = f"{spans['act']:.0f} ms" if one.turn.outcome else ""
    return (
        mark,
        one.turn.utterance.text or "(nothing it knows)",
        _meaning(one.turn),
        _change(one),
        hear,
        f"{thinking:.0f} ms",
        acting,
    )


def _meaning(turn: Turn) -> str:
    """What is to be done, or why nothing is."""
    plan = turn.plan
    if plan is None or turn.interpretation is None:
        return f"refused: {turn.error.removeprefix('understand.')}"
    if plan.question == "confirm":
        return f"asks before: {_commands(plan.pending)}"
    if not plan.commands:
        return turn.interpretation.intent.removeprefix("Hass")
    return _commands(plan.commands)


def _commands(commands: Sequence[Command]) -> str:
    first = commands[0]
    args = "".join(f" {key}={value}" for key, value in first.args.items())
    more = f" and {len(commands) - 1} more" if len(commands) > 1 else ""
    return f"{first.verb.replace('_', ' ')} {first.entity_id.partition('.')[2]}{args}{more}"


def _change(one: Shown) -> str:
    if one.scene.entity_id is None:
        return f"“{one.turn.reply.text}”" if one.turn and one.turn.reply and one.scene.answer else ""
    before, after = _words(one.before, one.scene.after), _words(one.after, one.scene.after)
    return f"{before} → {after}"


def _words(values: Values, keys: Values) -> str:
    return " ".join(f"{values.get(key)}" for key in keys)


def _play_humans(data: Path) -> None:
    """The recordings of the home suite, people and machines, through the same line but for the wake word they lack."""
    from tools.bench import speech

    result = speech.measure(
        argparse.Namespace(data=data, suite="home_en", engine="auto", snr=None, errors=False, peers=False)
    )
    sys.stdout.write(
        f"and of the recordings in {data}: {result['human_right']} of {result['human_total']} by people, "
        f"{result['right']} of {result['total']} in all came out right\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
