"""What waits is done as far as the home still allows when its time has come."""

from dataclasses import replace

import pytest

from edge.core.home import Entity, HomeState, Voice
from edge.core.timers import Later, Timer
from edge.core.turn import CommandOutcome, Outcome, Reply, Result, Turn, Utterance
from edge.ringing import HubBell

HEATER = Entity("switch.heater", "switch", "Heater", state="off")
COVER = Entity("cover.gate", "cover", "Gate", state="open")


class House:
    def __init__(self, *entities: Entity) -> None:
        self.home = HomeState.of(entities)
        self.done: list[Turn] = []
        self.said: list[str] = []
        self.bell = HubBell(
            self,
            speak=None,
            chime=lambda: None,
            attentive=lambda: None,
            perform=self._perform,
            new_turn=lambda: Turn("t", 0, self.home, Utterance(())),
            show=lambda *_: None,
            published=True,
        )

    def publish(self, topic_suffix: str, payload: str) -> None:
        self.said.append(f"{topic_suffix}: {payload}")

    def _perform(self, turn: Turn) -> Turn:
        self.done.append(turn)
        assert turn.plan is not None
        outcome = Outcome(tuple(CommandOutcome(c.entity_id, Result.CONFIRMED) for c in turn.plan.commands))
        return replace(turn, outcome=outcome, reply=Reply("done"))


def later(entity: Entity, verb: str) -> Timer:
    about = (entity.names, entity.area, entity.device_class, entity.voice.value)
    return Timer("a", then=(Later(entity.entity_id, verb, {}, *about),))


@pytest.mark.parametrize(
    ("then", "now", "verb", "code"),
    [
        (HEATER, HEATER, "turn_on", None),
        (HEATER, None, "turn_on", "resolve.gone"),
        (HEATER, replace(HEATER, name="Gate"), "turn_on", "resolve.gone"),
        (HEATER, replace(HEATER, available=False), "turn_on", "resolve.gone"),
        (HEATER, replace(HEATER, voice=Voice.NEVER), "turn_on", "resolve.not_allowed"),
        (HEATER, replace(HEATER, voice=Voice.CONFIRM), "turn_on", "resolve.not_allowed"),
        # It was asked about when it was said.
        (replace(HEATER, voice=Voice.CONFIRM), replace(HEATER, voice=Voice.CONFIRM), "turn_on", None),
        (replace(HEATER, voice=Voice.CONFIRM), replace(HEATER, voice=Voice.GUARDED), "turn_on", None),
        # To close makes the house safer, whatever has been said of the gate meanwhile.
        (COVER, replace(COVER, voice=Voice.GUARDED), "close", None),
        (COVER, replace(COVER, voice=Voice.GUARDED), "open", "resolve.not_allowed"),
    ],
)
def test_what_has_changed_since_is_left_alone(
    then: Entity, now: Entity | None, verb: str, code: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(*([now] if now is not None else []))
    house.bell.carry_out(later(then, verb))
    (turn,) = house.done
    assert turn.plan is not None
    assert (turn.plan.refusal.code if turn.plan.refusal else None) == code
    assert bool(turn.plan.commands) == (code is None)
    assert ("timers.not_done" in caplog.text) == (code is not None)
    assert house.said == ["reply: done"]
