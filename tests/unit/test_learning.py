"""What closed turns come to, over requests, hands, processes and trouble with the disk."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.core.home import Entity
from edge.core.turn import SignalKind, Turn
from edge.feedback.session import State
from edge.feedback.store import FILE, Store
from edge.past import Past, of_home
from edge.profile import load_profile
from edge.rewriting import rewrites_of_home
from tests.system.house import until
from tests.unit.feedback.turns import HOME, missed, on, turn

HALL = turn("h", 0, "turn on the hall light", on("light.hall"), name="hall light")
FAN = turn("f", 0, "turn on the fan", on("fan.fan"), name="fan")


class Clock:
    """Steady, and a wall that may jump."""

    def __init__(self) -> None:
        self.steady = 1_000.0
        self.wall = dt.datetime(2026, 1, 5, 19, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.wall

    def later(self, seconds: float) -> None:
        self.steady += seconds
        self.wall += dt.timedelta(seconds=seconds)

    @property
    def ms(self) -> int:
        return int(self.wall.timestamp() * 1000)


class House:
    """A home that tells of its changes, as the link does."""

    def __init__(self) -> None:
        self.on_entities: Callable[[Sequence[Entity]], None] | None = None
        self.entities = dict(HOME.entities)

    def snapshot(self) -> Any:
        return replace(HOME, entities=dict(self.entities))

    def set(self, entity_id: str, state: str) -> None:
        self.entities[entity_id] = replace(self.entities[entity_id], state=state)
        assert self.on_entities is not None
        self.on_entities((self.entities[entity_id],))


class Learns:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.noted: list[str] = []

    def note(self, turn: Turn) -> None:
        self.noted.append(turn.id)

    def closed(self, turn: Turn) -> None:
        self.turns.append(turn)

    def keep(self) -> None:
        pass

    def idle(self) -> None:
        pass

    def close(self) -> None:
        pass

    @property
    def told(self) -> dict[str, tuple[bool | None, str]]:
        return {one.id: (one.verdict.success, one.verdict.meant) for one in self.turns if one.verdict is not None}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def learns() -> Learns:
    return Learns()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock, learns: Learns) -> Iterator[Callable[..., Past]]:
    made: list[Past] = []

    def make(*, keep: bool = True, **options: Any) -> Past:
        store = Store(tmp_path / FILE, "house", lambda code, _: pytest.fail(code)) if keep else None
        made.append(Past(store, now=clock.now, steady=lambda: clock.steady, **options))
        made[-1].rewrites = learns
        return made[-1]

    yield make
    for past in made:
        past.close()


def take(past: Past, clock: Clock, one: Turn, turn_id: str) -> None:
    past.takes(turn_id)
    context = past.context(HOME)
    past.replies()
    past.ended(replace(one, id=turn_id, opened_ms=clock.ms, context=context))


def kept(tmp_path: Path) -> dict[str, tuple[bool | None, str]]:
    """What the file holds."""
    store = Store(tmp_path / FILE, "house", lambda code, _: pytest.fail(code))
    try:
        return {one.id: (one.verdict.success, one.verdict.meant) for one in store.turns() if one.verdict is not None}
    finally:
        store.close()


def on_disk(tmp_path: Path, turn_id: str) -> bool:
    store = Store(tmp_path / FILE, "house", lambda code, _: pytest.fail(code))
    try:
        return store.turn(turn_id) is not None
    finally:
        store.close()


def test_what_was_meant_is_known_before_the_next_request_is_understood(
    opened: Callable[..., Past], clock: Clock, learns: Learns, tmp_path: Path
) -> None:
    past = opened(learns=True)
    take(past, clock, missed("", 0, "torn on the haul light"), "a")
    clock.later(5)
    take(past, clock, HALL, "b")
    assert (learns.turns, past.state) == ([], State.WATCHING)
    clock.later(5)
    past.takes("c")
    past.context(HOME)
    assert learns.told == {"a": (False, "turn on the hall light")}
    past.close()
    # "b" was given time to object to, though less than all of it.
    assert kept(tmp_path) == {"a": (False, "turn on the hall light"), "b": (None, "")}


def test_the_next_process_may_say_what_was_meant(
    opened: Callable[..., Past], clock: Clock, learns: Learns, tmp_path: Path
) -> None:
    first = opened()
    take(first, clock, missed("", 0, "torn on the haul light"), "a")
    first.close()
    assert (learns.turns, kept(tmp_path)) == ([], {})
    clock.later(6)
    second = opened()
    said = turn("", 0, "no i meant turn on the fan", on("fan.fan"), reading="EdgeMeantRequest", read="turn on the fan")
    take(second, clock, said, "b")
    assert learns.told == {"a": (False, "turn on the fan")}
    second.close()
    clock.later(3_600)
    opened().close()
    assert learns.told == kept(tmp_path) == {"a": (False, "turn on the fan"), "b": (None, "")}


def test_of_two_processes_one_learns(opened: Callable[..., Past], clock: Clock, learns: Learns, tmp_path: Path) -> None:
    first = opened()
    take(first, clock, missed("", 0, "torn on the haul light"), "a")
    first.close()
    both = [opened(), opened()]
    clock.later(60)
    for past in both:
        past.close()
    assert [one.id for one in learns.turns] == ["a"]


def test_a_command_beside_a_hub_leaves_it_its_turns(
    opened: Callable[..., Past], clock: Clock, learns: Learns, tmp_path: Path
) -> None:
    hub = opened(learns=True)
    take(hub, clock, missed("", 0, "torn on the haul light"), "a")
    until(lambda: on_disk(tmp_path, "a"), "the past keeps the turn")
    command = opened()
    for past, ids in ((command, "xy"), (hub, "bc")):
        for turn_id in ids:
            clock.later(5)
            take(past, clock, FAN, turn_id)
    clock.later(60)
    command.close()
    hub.close()
    assert sorted(one.id for one in learns.turns) == ["a", "b", "c", "x", "y"]


@pytest.mark.parametrize("jump", [dt.timedelta(hours=-1), dt.timedelta(days=3 * 365)], ids=["back", "years"])
def test_a_wall_clock_that_jumps_changes_nothing(
    opened: Callable[..., Past], clock: Clock, learns: Learns, tmp_path: Path, jump: dt.timedelta
) -> None:
    past = opened(learns=True)
    take(past, clock, missed("", 0, "torn on the haul light"), "a")
    clock.later(3)
    clock.wall += jump
    take(past, clock, HALL, "b")
    assert learns.turns == []
    clock.later(2)
    take(past, clock, FAN, "c")
    assert learns.told == {"a": (False, "turn on the hall light")}
    past.close()
    assert set(kept(tmp_path)) >= {"b", "c"}


def test_a_hand_on_the_switch(opened: Callable[..., Past], clock: Clock, learns: Learns) -> None:
    house = House()
    past = opened(keep=False, learns=True)
    past.watch(house)
    take(past, clock, HALL, "a")
    house.set("light.hall", "on")
    clock.later(25)
    house.set("light.hall", "off")
    clock.later(6)
    take(past, clock, FAN, "b")
    assert learns.told == {"a": (False, "")}
    assert [signal.kind for signal in learns.turns[0].signals] == [SignalKind.UNDO]


def test_who_talks_over_a_reply(opened: Callable[..., Past], clock: Clock, learns: Learns) -> None:
    past = opened(keep=False)
    past.listens()
    past.takes("a")
    past.context(HOME)
    past.replies()
    past.listens()
    past.ended(replace(HALL, id="a", opened_ms=clock.ms))
    assert past.state is State.LISTENING
    past.silent()
    assert past.state is State.WATCHING
    past.close()
    (closed,) = learns.turns
    assert [signal.kind for signal in closed.signals] == [SignalKind.BARGE_IN]


def test_who_took_a_turn_and_never_ended_it_is_in_nobodys_way(
    opened: Callable[..., Past], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    past = opened(keep=False)
    past.takes("lost")
    take(past, clock, HALL, "a")
    assert past.state is State.WATCHING
    assert caplog.text == ""


def test_what_learns_and_fails_stops_nothing(
    opened: Callable[..., Past], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Fails(Learns):
        def closed(self, turn: Turn) -> None:
            raise ValueError(turn.utterance.text)

    past = opened(keep=False)
    past.rewrites = Fails()
    for number in range(4):
        take(past, clock, replace(FAN if number % 2 else HALL), f"{number}")
        clock.later(2)
    assert "past.unexpected: ValueError" in caplog.text
    assert "turn on" not in caplog.text


def test_what_was_meant_is_known_though_two_other_processes_were_told(
    opened: Callable[..., Past], clock: Clock, learns: Learns
) -> None:
    for number, said in enumerate((missed("", 0, "torn on the haul light"), HALL)):
        process = opened()
        take(process, clock, said, "ab"[number])
        process.close()
        clock.later(5)
    assert learns.turns == []
    third = opened()
    take(third, clock, FAN, "c")
    assert learns.told["a"] == (False, "turn on the hall light")
    assert learns.noted == ["b"]


# With real rewrites


def learned(past: Past, clock: Clock) -> None:
    """Say something wrong, and then what was meant."""
    take(past, clock, missed("", 0, "gloomy birthday corner"), "a")
    clock.later(5)
    take(past, clock, HALL, "b")
    clock.later(40)
    take(past, clock, FAN, "c")


@pytest.mark.parametrize(("keep", "on_disk"), [("all", True), ("no_words", False), ("nothing", False)])
def test_a_rewrite_is_learned_and_words_are_on_disk_where_they_may_be(
    tmp_path: Path, clock: Clock, keep: str, on_disk: bool
) -> None:
    overrides = [f"paths.data_dir={tmp_path}", f"memory.keep={keep}"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    past = of_home(profile, "house", learns=True, now=clock.now, steady=lambda: clock.steady)
    past.rewrites = rewrites = rewrites_of_home(profile, "house", past.store, lasting=True)
    learned(past, clock)
    (rule,) = rewrites.rules()
    assert (rule.heard, rule.means) == ("gloomy birthday corner", "turn on the hall light")
    past.close()
    found = any(b"birthday" in file.read_bytes() for file in tmp_path.iterdir())
    assert found is on_disk


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_disk_that_takes_nothing_costs_the_file_and_not_the_learning(
    tmp_path: Path, clock: Clock, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    overrides = [f"paths.data_dir={tmp_path}"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    past = of_home(profile, "house", learns=True, now=clock.now, steady=lambda: clock.steady)
    past.rewrites = rewrites = rewrites_of_home(profile, "house", past.store, lasting=True)
    assert past.store is not None
    setting = "max_page_count = 1" if trouble == "full" else "query_only = ON"
    past.store.read(lambda db: db.execute(f"PRAGMA {setting}").fetchall(), None)
    for round_ in range(40 if trouble == "full" else 1):
        take(past, clock, missed("", 0, "gloomy birthday corner " * 20), f"filler {round_}")
        clock.later(40)
    learned(past, clock)
    assert [rule.means for rule in rewrites.rules()] == ["turn on the hall light"]
    past.close()
    assert "store.full" in caplog.text or "store.read_only" in caplog.text
    assert "birthday" not in caplog.text
    again = of_home(profile, "house", learns=True, now=clock.now, steady=lambda: clock.steady)
    assert again.store is not None
    assert again.store.is_open
    again.close()
    assert [path for path in tmp_path.iterdir() if "broken" in path.name] == []
