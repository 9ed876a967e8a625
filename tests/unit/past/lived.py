"""A home that is lived in by the hour, and turns of which its past is told."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

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
from edge.past import Past

EVENING = dt.datetime(2026, 1, 5, 19, 0, tzinfo=dt.UTC)


class Clock:
    """An evening that goes on when it is told to."""

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


ON_A, ON_B = Command("light.a", Verb.TURN_ON), Command("light.b", Verb.TURN_ON)


def option(command: Command, probability: float, **features: float) -> Weighed:
    """A reading that was weighed."""
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
    """A plan of these."""
    return Plan(commands=commands)
