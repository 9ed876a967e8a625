"""Words that are nobody's name, however a device is announced."""

import pytest

from edge.core.home import Entity, HomeState
from edge.core.pipeline import run
from edge.core.reserved import is_reserved
from edge.core.turn import Hypothesis, Turn, Utterance
from edge.nlu.context import InContext
from edge.nlu.policy import answers
from edge.nlu.understand import Understand
from tests.unit.nlu.in_context import AREAS, FLOORS, grammar, house, lamp

STOP = Entity("switch.stop", "switch", "Stop", area="living", state="off")


def take(text: str, *more: Entity) -> Turn:
    home = HomeState.of([*house(), *more], AREAS, FLOORS, "living")
    turn = Turn("t", 1_000, home, Utterance((Hypothesis(text, 1.0),)))
    return run(turn, (Understand(grammar), InContext()), clock=lambda: 0.0)


def moved(turn: Turn) -> list[str]:
    return [command.entity_id for command in turn.plan.commands] if turn.plan is not None else []


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it", "nl"])
def test_what_answers_is_no_name_in_any_language(language: str) -> None:
    for said in answers(language):
        assert all(map(is_reserved, said))


@pytest.mark.parametrize("name", ["stop", "no", "yes", "everything", "cancel", "help"])
def test_a_device_of_such_a_name_is_not_moved_by_the_word(name: str) -> None:
    device = Entity(f"switch.{name}", "switch", name.title(), area="living", state="off")
    for text in (name, f"turn on {name}"):
        assert device.entity_id not in moved(take(text, device))


def test_everything_is_still_everything() -> None:
    lit = lamp("light.floor_lamp", "living", state="on")
    called_so = Entity("switch.everything", "switch", "Everything", area="living", state="on")
    assert "light.floor_lamp" in moved(take("turn everything off", lit, called_so))


def test_an_alias_makes_it_one_to_speak_of_by_that_alone() -> None:
    named = Entity("switch.stop", "switch", "Stop", aliases=("bus sign",), area="living", state="off")
    assert STOP.is_setting
    assert not named.is_setting
    assert named.names == ("bus sign",)
    assert moved(take("turn on the bus sign", named)) == ["switch.stop"]
    assert moved(take("stop", named)) == []


def test_a_word_within_a_name_is_one_of_the_name() -> None:
    stop = Entity("switch.bus_stop", "switch", "Bus Stop", area="living", state="off")
    assert moved(take("turn on the bus stop", stop)) == ["switch.bus_stop"]
