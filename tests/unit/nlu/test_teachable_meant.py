""" "No, I meant ...": the request that was meant is done, and what was done in its place is put back."""

from dataclasses import replace

import pytest

from edge.core.home import HomeState
from edge.core.pipeline import run
from edge.core.turn import Before, Context, Hypothesis, Interpretation, Plan, Spoken, Turn, Utterance, Verb
from edge.nlu.adapt import CORRECTION_MS
from edge.nlu.context import InContext
from edge.nlu.teachable import Teachable, is_teaching
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from tests.unit.nlu.in_context import AREAS, FLOORS, grammar, house, lamp

AT_MS = 1_000_000


def home(*changed: object) -> HomeState:
    entities = {entity.entity_id: entity for entity in house()} | {one.entity_id: one for one in changed}  # type: ignore[attr-defined]
    return HomeState.of(entities.values(), AREAS, FLOORS, "living")


def take(turn: Turn) -> Turn:
    stages = (Teachable(Timely(Understand(grammar))), InContext())
    return run(turn, stages, clock=lambda: 0.0)


def said(text: str, there: HomeState | None = None, *, confidence: float = 1.0) -> Turn:
    return Turn("t2", AT_MS, there or home(), Utterance((Hypothesis(text, confidence),)))


def after(text: str, before: Turn, there: HomeState, *, later_ms: int = 5_000) -> Turn:
    """Said after a turn that was carried out."""
    assert before.interpretation is not None
    assert before.plan is not None
    was = tuple(Before(c.entity_id, before.home.entities[c.entity_id].state, {}) for c in before.plan.commands)
    spoken = Spoken(before.id, before.opened_ms, before.interpretation, before.plan, was)
    opened = before.opened_ms + later_ms
    return take(replace(said(text, there), id="t3", opened_ms=opened, follows=before.id, context=Context((spoken,))))


def done(turn: Turn) -> list[tuple[str, str]]:
    assert turn.plan is not None, turn.error
    return [(c.entity_id, c.verb.value) for c in turn.plan.commands]


def meant(turn: Turn) -> str:
    assert turn.readings[:1], turn.error
    assert turn.readings[0].intent == "EdgeMeantRequest"
    return str(turn.readings[0].slot("request"))


@pytest.mark.parametrize(
    "text",
    [
        "no, I meant turn on the kitchen light",
        "No I said turn on the kitchen light",
        "no no, I asked you to turn on the kitchen light",
        "that's not what I meant, I meant turn on the kitchen light, please",
        "I meant turn on the kitchen light",
        "no, turn on the kitchen light",
        "sorry, I wanted you to turn on the kitchen light",
    ],
)
def test_the_whole_request_is_done(text: str) -> None:
    turn = take(said(text))
    assert done(turn) == [("light.kitchen_light", "turn_on")]
    assert turn.interpretation is not None
    assert turn.interpretation.intent == "HassTurnOn"
    assert meant(turn) == turn.interpretation.text == "turn on the kitchen light"


def test_what_was_done_in_its_place_is_put_back() -> None:
    first = take(said("turn on the hall light"))
    turn = after("no I meant turn on the kitchen light", first, home(lamp("light.hall_light", "hall", "on")))
    assert done(turn) == [("light.kitchen_light", "turn_on"), ("light.hall_light", "turn_off")]


def test_nothing_is_put_back_of_what_was_long_ago_or_of_another_turn() -> None:
    first, lit = take(said("turn on the hall light")), home(lamp("light.hall_light", "hall", "on"))
    late = after("no I meant turn on the kitchen light", first, lit, later_ms=CORRECTION_MS + 1)
    assert done(late) == [("light.kitchen_light", "turn_on")]
    refused = replace(said("no I meant turn on the kitchen light", lit), follows="refused", opened_ms=AT_MS + 5_000)
    spoken = Spoken("t2", AT_MS, first.interpretation or Interpretation("", (), ""), first.plan or Plan())
    assert done(take(replace(refused, context=Context((spoken,))))) == [("light.kitchen_light", "turn_on")]


def test_a_lock_is_not_unlocked_for_the_sake_of_a_correction() -> None:
    open_home = home(replace(home().entities["lock.front_door"], state="unlocked"))
    first = take(said("lock the front door", open_home))
    turn = after("no I meant turn on the hall light", first, home())
    assert done(turn) == [("light.hall_light", "turn_on")]


def test_what_needs_a_yes_asks_all_the_same() -> None:
    turn = take(said("no I meant unlock the front door"))
    assert turn.plan is not None
    assert (turn.plan.question, turn.plan.commands) == ("confirm", ())
    assert [c.verb for c in turn.plan.pending] == [Verb.UNLOCK]


@pytest.mark.parametrize("text", ["no I meant the kitchen light", "no the other one", "no not that one"])
def test_what_goes_on_from_before_is_read_as_it_was(text: str) -> None:
    assert take(said(text)).readings[0].intent in ("EdgeMeant", "EdgeOther")


@pytest.mark.parametrize(("text", "intent"), [("yes, that worked", "EdgeConfirm"), ("No, that's wrong.", "EdgeDeny")])
def test_praise_and_blame_do_nothing(text: str, intent: str) -> None:
    turn = take(said(text))
    assert turn.interpretation is not None
    assert (turn.interpretation.intent, turn.plan) == (intent, Plan())


def test_a_correction_that_was_not_heard_clearly_is_none() -> None:
    turn = take(said("no I meant turn on the kitchen light", confidence=0.3))
    assert turn.error == "understand.low_confidence"


def test_in_other_languages_nothing_is_added() -> None:
    stages = (Teachable(Timely(Understand(grammar)), "de"), InContext())
    turn = run(said("no I meant turn on the kitchen light"), stages, clock=lambda: 0.0)
    assert all(reading.intent != "EdgeMeantRequest" for reading in turn.readings)
    assert not is_teaching("when I say movie time, turn on the lamp", "de")
    assert is_teaching("when I say movie time, turn on the lamp", "en")
