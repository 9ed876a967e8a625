"""Lessons with the weights that ship: corrected two or three times it is taken otherwise, until that is forgotten."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.home import Entity, HomeState
from edge.core.pipeline import run
from edge.core.turn import (
    CommandOutcome,
    Hypothesis,
    Outcome,
    Plan,
    Result,
    Turn,
    Utterance,
)
from edge.feedback.store import FILE, Store
from edge.nlu.choice import waits
from edge.nlu.context import InContext
from edge.nlu.understand import Understand
from edge.past import Past
from tests.unit.nlu.in_context import HOUR, MINUTE, Home, done, grammar

FLOOR, READING = "light.floor_lamp", "light.reading_lamp"
LIVING, BEDROOM = "cover.living_room_blinds", "cover.bedroom_blinds"


class Taught(Home):
    """A household whose hub keeps its past in a file. It needs no habits for what is learned here."""

    def __init__(self, folder: Path, *, looks_on: bool = False) -> None:
        super().__init__()
        self.on_entities: Callable[[Sequence[Entity]], None] | None = None
        self._line = (Understand(grammar), InContext())
        self._folder, self._looks_on, self._turns = folder, looks_on, 0
        self._asked: Plan | None = None
        self.past = self._opened()

    def _opened(self) -> Past:
        store = Store(self._folder / FILE, "house", lambda code, _: pytest.fail(code))
        past = Past(store, now=lambda: dt.datetime.fromtimestamp(self.now_ms / 1000, dt.UTC), learns=self._looks_on)
        past.watch(self)
        return past

    def snapshot(self) -> HomeState:
        return self.state

    def set(self, entity_id: str, state: str | None = None, **attributes: object) -> "Taught":
        super().set(entity_id, state, **attributes)
        if self.on_entities is not None:
            self.on_entities((self.entities[entity_id],))
        return self

    def say(self, text: str) -> Turn:
        self.now_ms += 10_000
        self._turns += 1
        home, asked = self.state, self._asked
        turn = Turn(f"t{self._turns}", self.now_ms, home, Utterance((Hypothesis(text, 1.0),)), asked=asked)
        turn = run(replace(turn, context=self.past.context(home)), self._line, clock=lambda: 0.0)
        assert turn.plan is not None, turn.error
        self._asked = turn.plan if waits(turn.plan) else None
        for command in turn.plan.commands:
            self._obey(command)
        told = tuple(CommandOutcome(c.entity_id, Result.CONFIRMED, None, self.now_ms) for c in turn.plan.commands)
        turn = replace(turn, outcome=Outcome(told))
        self.past.ended(turn)
        return turn

    def forget(self) -> None:
        """As `edge why --forget` does, and a hub that starts anew."""
        self.past.close()
        store = Store(self._folder / FILE, "house", lambda code, _: pytest.fail(code))
        assert store.forget(None) > 0
        store.close()
        self.past = self._opened()


@pytest.fixture
def taught(tmp_path: Path) -> Iterator[Callable[..., Taught]]:
    made: list[Taught] = []

    def make(**options: bool) -> Taught:
        made.append(Taught(tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.past.close()


def asks(turn: Turn) -> bool:
    return turn.plan is not None and turn.plan.question == "which"


def two_lamps_lit(house: Taught) -> Taught:
    """The reading lamp last, so that it is the likelier one to be meant."""
    house.later(2 * HOUR).set(FLOOR, "off").set(READING, "off")
    house.later(2 * HOUR).set(FLOOR, "on", brightness=60)
    house.later(HOUR).set(READING, "on", brightness=60)
    house.later(10 * MINUTE)
    return house


def test_no_the_other_one(taught: Callable[..., Taught]) -> None:
    house = taught()
    for _ in range(2):
        assert done(two_lamps_lit(house).say("turn off the lamp")) == [(READING, "turn_off", {})]
        assert done(house.say("no the other one"))[0] == (FLOOR, "turn_off", {})
    assert asks(two_lamps_lit(house).say("turn off the lamp"))
    assert done(house.say("the floor lamp")) == [(FLOOR, "turn_off", {})]
    assert done(two_lamps_lit(house).say("turn off the lamp")) == [(FLOOR, "turn_off", {})]
    house.forget()
    assert done(two_lamps_lit(house).say("turn off the lamp")) == [(READING, "turn_off", {})]


def both_blinds_open(house: Taught) -> Taught:
    """One after the other, and none of them is in the kitchen."""
    house.mic = "kitchen"
    house.later(2 * HOUR).set(LIVING, "closed", position=0).set(BEDROOM, "closed", position=0)
    house.later(2 * HOUR).set(LIVING, "open", position=100)
    house.set(BEDROOM, "open", position=100)
    return house


@pytest.mark.parametrize(("answer", "chosen"), [("the bedroom", BEDROOM), ("the living room", LIVING)])
def test_what_is_always_answered_is_asked_no_more(taught: Callable[..., Taught], answer: str, chosen: str) -> None:
    house = taught()
    assert asks(both_blinds_open(house).say("close it"))
    house.say(answer)
    for _ in range(3):
        if asks(both_blinds_open(house).say("close it")):
            assert done(house.say(answer)) == [(chosen, "close", {})]
    assert done(both_blinds_open(house).say("close it")) == [(chosen, "close", {})]
    house.forget()
    assert asks(both_blinds_open(house).say("close it"))


def test_what_is_put_back_by_hand(taught: Callable[..., Taught]) -> None:
    house = taught(looks_on=True)
    players = ("media_player.tv", "media_player.kitchen_radio")

    def ask() -> Turn:
        for player in players:
            house.later(2 * HOUR).set(player, "off")
        for player in players:
            house.later(2 * HOUR).set(player, "playing")
        house.later(2 * MINUTE)
        return house.say("pause")

    assert done(ask()) == [(players[0], "pause", {})]
    house.later(4000).set(players[0], "playing")
    assert asks(ask()), "of one lesson it is not sure"
    assert done(house.say("the radio")) == [(players[1], "pause", {})]
    assert done(ask()) == [(players[1], "pause", {})]


def test_taken_back_and_said_otherwise(taught: Callable[..., Taught]) -> None:
    house = taught()
    for _ in range(2):
        assert done(two_lamps_lit(house).say("turn off the lamp")) == [(READING, "turn_off", {})]
        assert done(house.say("put it back"))[0][0] == READING
        assert done(house.say("turn off the floor lamp")) == [(FLOOR, "turn_off", {})]
    assert asks(two_lamps_lit(house).say("turn off the lamp"))
    assert done(house.say("the floor lamp")) == [(FLOOR, "turn_off", {})]
    assert done(two_lamps_lit(house).say("turn off the lamp")) == [(FLOOR, "turn_off", {})]
    house.forget()
    assert done(two_lamps_lit(house).say("turn off the lamp")) == [(READING, "turn_off", {})]
