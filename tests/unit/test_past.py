"""What the hub's line knows of the past, over turns, restarts and processes."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.core.home import Entity, HomeState
from edge.core.turn import (
    Command,
    CommandOutcome,
    Hypothesis,
    Interpretation,
    Outcome,
    Plan,
    Result,
    Turn,
    Utterance,
    Verb,
    Weighed,
)
from edge.feedback.store import FILE, Store
from edge.past import Past, home_name, of_home
from edge.profile import load_profile
from tests.system.house import until

EVENING = dt.datetime(2026, 1, 5, 19, 0, tzinfo=dt.UTC)


class Clock:
    def __init__(self) -> None:
        self.now = EVENING

    def __call__(self) -> dt.datetime:
        return self.now

    @property
    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)

    def later(self, **delta: float) -> None:
        self.now += dt.timedelta(**delta)


class House:
    """A home that tells of its changes, as the link does."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.on_entities: Callable[[Sequence[Entity]], None] | None = None
        self.entities = {
            i: Entity(i, i.split(".", maxsplit=1)[0], i, state="off") for i in ("light.a", "light.b", "sensor.c")
        }

    def snapshot(self) -> HomeState:
        return HomeState.of(self.entities.values(), taken_ms=self.clock.ms)

    def set(self, entity_id: str, state: str) -> None:
        self.entities[entity_id] = replace(self.entities[entity_id], state=state, changed_ms=self.clock.ms)
        if self.on_entities is not None:
            self.on_entities((self.entities[entity_id],))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(clock: Clock) -> House:
    return House(clock)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(tmp_path: Path, clock: Clock, told: list[str]) -> Iterator[Callable[..., Past]]:
    made: list[Past] = []

    def make(**options: Any) -> Past:
        store = Store(tmp_path / FILE, "house", lambda code, _: told.append(code))
        made.append(Past(store, now=clock, **options))
        return made[-1]

    yield make
    for past in made:
        past.close()


ON_A, ON_B = Command("light.a", Verb.TURN_ON), Command("light.b", Verb.TURN_ON)


def option(command: Command, probability: float, **features: float) -> Weighed:
    said = Interpretation("HassTurnOn", (), "turn on the lamp")
    return Weighed(said, Plan(commands=(command,)), probability, features, features)


WEIGHED = (option(ON_A, 0.55, near=1.0), option(ON_B, 0.45, usual=1.0))


def ask(past: Past, house: House, turn_id: str, plan: Plan, *, text: str = "turn on the lamp", **more: Any) -> Turn:
    """A turn that does at once what its plan says."""
    home = house.snapshot()
    context = past.context(home)
    done = tuple(CommandOutcome(c.entity_id, Result.CONFIRMED, None, house.clock.ms) for c in plan.commands)
    for command in plan.commands:
        house.set(command.entity_id, "on" if command.verb is Verb.TURN_ON else "off")
    said = Interpretation(more.pop("intent", "HassTurnOn"), (), text)
    turn = Turn(
        turn_id, house.clock.ms, home, Utterance((Hypothesis(text, 1.0),)), context=context, interpretation=said
    )
    turn = replace(turn, plan=plan, outcome=Outcome(done), **more)
    past.ended(turn)
    return turn


def does(*commands: Command) -> Plan:
    return Plan(commands=commands)


def test_the_next_process_goes_on_from_what_was_said(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    first = opened()
    ask(first, house, "t1", does(ON_A))
    first.close()
    clock.later(minutes=2)
    (spoken,) = opened().context(house.snapshot()).spoken
    assert (spoken.turn, spoken.plan) == ("t1", does(ON_A))
    clock.later(minutes=9)
    assert opened().context(house.snapshot()).spoken == ()


def test_habits_are_seen_kept_and_found_again(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    past = opened(learns=True)
    past.watch(house)
    for _ in range(3):
        house.set("light.a", "on")
        clock.later(hours=1)
        house.set("light.a", "off")
        clock.later(hours=23)
    here = {(h.entity_id, h.verb, h.situation) for h in past.context(house.snapshot()).habits if h.count > 2}
    assert ("light.a", Verb.TURN_ON, "hour:evening") in here
    past.close()
    assert house.on_entities is None
    assert {
        (h.entity_id, h.verb, h.situation) for h in opened().context(house.snapshot()).habits if h.count > 2
    } == here


def test_a_command_beside_the_hub_leaves_its_habits_alone(
    opened: Callable[..., Past], house: House, clock: Clock
) -> None:
    hub = opened(learns=True)
    hub.watch(house)
    house.set("light.a", "on")
    hub.close()
    beside = opened()
    ask(beside, house, "t", does(ON_B))
    beside.close()
    assert {h.entity_id for h in opened().context(house.snapshot()).habits} == {"light.a"}


def test_after_an_outage_nothing_was_done(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    past = opened(learns=True)
    past.watch(house)
    tell, house.on_entities = house.on_entities, None
    house.set("light.a", "on")
    assert tell is not None
    tell(())
    tell((house.entities["light.a"],))
    assert past.context(house.snapshot()).habits == ()


def test_an_answer_moves_the_weights_and_it_can_be_taken_back(
    opened: Callable[..., Past], house: House, clock: Clock
) -> None:
    past = opened()
    which = Plan(question="which", candidates=("light.a", "light.b"))
    ask(past, house, "q", which, weighed=WEIGHED)
    assert past.context(house.snapshot()).weights == {}
    clock.later(seconds=5)
    ask(past, house, "a", does(ON_B), asked=which, text="the second")
    moved = past.context(house.snapshot()).weights
    assert moved["usual"] > 0 > moved["near"]
    past.close()
    again = opened()
    assert again.context(house.snapshot()).weights == moved


def test_what_another_process_takes_back_is_gone_here(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    past = opened(learns=True)
    past.watch(house)
    house.set("light.a", "on")
    which = Plan(question="which", candidates=("light.a", "light.b"))
    ask(past, house, "q", which, weighed=WEIGHED)
    ask(past, house, "a", does(ON_B), asked=which, text="the second")
    past.close()
    past = opened(learns=True)
    assert past.context(house.snapshot()).weights
    assert past.context(house.snapshot()).habits
    other = Store(tmp_path / FILE, "house", lambda code, _: None)
    assert other.forget() == 1
    ask(past, house, "later", does(ON_A))
    past.close()
    assert past.context(house.snapshot()).weights == {}
    assert past.context(house.snapshot()).habits == ()
    assert opened().context(house.snapshot()).habits == ()
    other.close()


def test_what_another_process_forgets_is_forgotten_here(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    past = opened(learns=True)
    past.watch(house)
    other = Store(tmp_path / FILE, "house", lambda code, _: None)
    ask(past, house, "t1", does(ON_A), text="turn on the zork")
    ask(past, house, "t2", does(ON_B), text="turn on the plover")

    def spoken() -> list[str]:
        return [one["turn"] for one in other.memory().get("spoken", ())]

    until(lambda: spoken() == ["t2", "t1"], "the past keeps what was said")
    assert other.forget_turns("t1") == 1
    ask(past, house, "t3", does(ON_A))
    until(lambda: other.ids() == {"t2", "t3"} and spoken() == ["t3", "t2"], "the past forgets what another has")
    assert [one.turn for one in past.context(house.snapshot()).spoken] == ["t3", "t2"]
    past.close()
    other.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"zork" not in raw
    assert b"plover" in raw


def test_what_is_old_goes_though_nothing_is_asked(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    store = Store(tmp_path / FILE, "house", lambda code, _: None)
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "t", does(ON_A))
    past.close()
    assert store.ids() == {"t"}
    clock.later(days=31)
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "late", does(ON_B))
    until(lambda: "late" in (store.ids() or ()), "the past keeps the turn")
    clock.later(days=1)
    past.close()
    assert store.ids() == {"late"}
    store.close()


def test_what_is_put_back_by_hand_was_not_meant(opened: Callable[..., Past], house: House, clock: Clock) -> None:
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "t", does(ON_A), weighed=WEIGHED)
    clock.later(seconds=6)
    house.set("light.a", "off")
    moved = past.context(house.snapshot()).weights
    assert moved["usual"] > 0 > moved["near"]


@pytest.mark.parametrize("how", ["late", "by voice", "another", "other way"])
def test_what_was_meant_is_left_as_it_was(opened: Callable[..., Past], house: House, clock: Clock, how: str) -> None:
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "t", does(ON_A), weighed=WEIGHED)
    clock.later(seconds=31 if how == "late" else 6)
    if how == "by voice":
        ask(past, house, "off", does(Command("light.a", Verb.TURN_OFF)), text="turn off the lamp")
    else:
        house.set(*{"another": ("light.b", "on"), "other way": ("light.a", "on")}.get(how, ("light.a", "off")))
    assert past.context(house.snapshot()).weights == {}


def test_without_words_none_are_on_disk(tmp_path: Path, house: House) -> None:
    overrides = [f"paths.data_dir={tmp_path}", "memory.keep=no_words"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    past = of_home(profile, "house", learns=False, now=house.clock)
    ask(past, house, "t", does(ON_A), text="turn on the birthday lamp")
    assert past.context(house.snapshot()).spoken != ()
    past.close()
    assert (tmp_path / FILE).exists()
    assert all(b"birthday" not in file.read_bytes() for file in tmp_path.iterdir())


def test_where_nothing_is_kept_there_is_no_file(tmp_path: Path, house: House) -> None:
    overrides = [f"paths.data_dir={tmp_path}", "memory.keep=nothing"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    past = of_home(profile, "house", learns=True, now=house.clock)
    past.watch(house)
    ask(past, house, "t", does(ON_A))
    assert past.context(house.snapshot()).spoken != ()
    past.close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_kept_before_goes_when_the_hub_starts_and_not_with_one_command(tmp_path: Path, house: House) -> None:
    def opened(keep: str, *, learns: bool) -> Past:
        overrides = [f"paths.data_dir={tmp_path}", f"memory.keep={keep}"]
        profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
        return of_home(profile, "house", learns=learns, now=house.clock)

    def words() -> int:
        return sum(file.read_bytes().count(b"birthday") for file in tmp_path.iterdir())

    past = opened("all", learns=True)
    ask(past, house, "t", does(ON_A), text="turn on the birthday lamp")
    past.close()
    for keep in ("no_words", "nothing"):
        opened(keep, learns=False).close()
        assert words() > 0
    opened("no_words", learns=True).close()
    assert (tmp_path / FILE).exists()
    assert words() == 0
    opened("nothing", learns=True).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_now_takes_nothing_back(
    opened: Callable[..., Past], house: House, tmp_path: Path
) -> None:
    Store(tmp_path / FILE, "house", lambda code, _: None).forget()
    past = opened(learns=True)
    past.watch(house)
    house.set("light.a", "on")
    (before,) = past.context(house.snapshot()).habits[:1]
    assert past._store is not None
    past._store.close()  # every reading now comes to nothing, as of a disk that fails
    ask(past, house, "t", does(ON_B))
    past.close()
    assert before in past.context(house.snapshot()).habits


def test_habits_are_written_when_they_have_changed(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    past = opened(learns=True)
    past.watch(house)
    house.set("light.a", "on")
    past.context(house.snapshot())
    store = past._store
    assert store is not None
    past._save(store)
    other = Store(tmp_path / FILE, "house", lambda code, _: None)
    other.save_memory(habits=["another hand"])
    past._save(store)
    assert other.memory()["habits"] == ["another hand"]
    house.set("light.b", "on")
    past.context(house.snapshot())
    past._save(store)
    assert "light.b" in json.dumps(other.memory()["habits"])
    other.close()


def test_a_memory_that_fails_is_no_reason_not_to_answer(
    opened: Callable[..., Past], house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    past = opened(learns=True)
    past.watch(house)
    assert house.on_entities is not None
    house.on_entities((replace(house.entities["light.a"], state="on", attributes={"brightness": float("nan")}),))
    plain = house.entities["light.a"]
    house.entities["light.a"] = replace(plain, attributes={"brightness": object()})  # type: ignore[dict-item]
    ask(past, house, "t", does(ON_A), text="turn on the birthday lamp")
    house.entities["light.a"] = plain
    ask(past, house, "u", does(ON_B))
    past.close()
    assert "past.unexpected" in caplog.text
    assert "birthday" not in caplog.text
    store = Store(tmp_path / FILE, "house", lambda code, _: None)
    assert [one.id for one in store.turns()] == ["u"]
    store.close()


def test_homes_go_by_their_broker_or_file(tmp_path: Path) -> None:
    overrides = ["mqtt.host=broker", "mqtt.port=1884"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    names = [
        home_name(profile, simulated=False, file=None),
        home_name(profile, simulated=True, file=None),
        home_name(profile, simulated=False, file=tmp_path / "a.json"),
        home_name(profile, simulated=False, file=tmp_path / "b.json"),
    ]
    assert names[:2] == ["broker:1884/homeassistant", "simulated"]
    assert len(set(names)) == 4


def test_a_memory_that_cannot_be_read_begins_anew(
    opened: Callable[..., Past], house: House, told: list[str], tmp_path: Path
) -> None:
    store = Store(tmp_path / FILE, "house", lambda code, _: told.append(code))
    store.save_memory(habits={"version": 99}, spoken=json.loads("[]"))
    store.close()
    assert opened().context(house.snapshot()).habits == ()
    assert told == ["store.unreadable"]
