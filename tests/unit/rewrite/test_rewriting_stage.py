"""Where rewriting stands in the line: once a turn, and never of what is no request."""

from dataclasses import replace

import pytest

from edge.core.home import HomeState
from edge.core.pipeline import StageError, check_order, run
from edge.core.timers import Timer
from edge.core.turn import (
    Command,
    Hypothesis,
    Interpretation,
    Part,
    Plan,
    Refusal,
    Rewrite,
    Slot,
    Turn,
    Utterance,
    Verb,
)
from edge.nlu.policy import confirming
from edge.rewrite.labels import content_of, is_request, label_of, resolves
from edge.rewrite.risk import risky
from edge.rewrite.stage import Cautious, Once, Rewriting
from tests.unit.nlu.in_context import device, lamp
from tests.unit.rewrite.home import AREAS, NOW, House, does, rewritten

SAID = Interpretation("HassTurnOn", (Slot("name", "Lamp", "the lamp"), Slot("area", "Hall")), "turn it on")
HOME = HomeState.of([lamp("light.a", "hall"), device("switch.kettle", "kitchen", "off", name="Space Heater")], AREAS)


def turn(text: str = "turn on the lamp", **more: object) -> Turn:
    made = Turn("t", NOW, HOME, Utterance((Hypothesis(text, 1.0),)))
    return replace(made, **more)  # type: ignore[arg-type]


class Counting:
    """A stage that counts, and understands one thing."""

    name, reads, writes, always = "understand", ("home", "utterance", "rewrite"), ("interpretation",), False

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, asked: Turn) -> Turn:
        self.count += 1
        if "zebra" in asked.text:
            raise StageError("understand.no_intent", "nothing says that")
        return replace(asked, interpretation=replace(SAID, text=asked.text))


def test_the_line_is_in_order() -> None:
    check_order(House().stages)


def test_a_trial_costs_no_understanding_twice() -> None:
    counting = Counting()
    once = Once(counting)
    one = turn()
    for _ in range(3):
        assert once(one).interpretation is not None
    assert counting.count == 1
    rewritten_turn = replace(one, rewrite=Rewrite("turn off the lamp", "personal", "r", 1.0))
    found = once(rewritten_turn).interpretation
    assert found is not None
    assert found.text == "turn off the lamp"
    assert once(replace(rewritten_turn, rewrite=Rewrite("turn off the lamp", "", "", 0.0))).interpretation is found
    assert once(replace(one, home=HomeState())).interpretation is not None  # another home is another question
    assert counting.count == 3
    lost = replace(turn("zebra"), id="u")
    for _ in range(2):
        with pytest.raises(StageError):
            once(lost)
    assert counting.count == 4


def test_nothing_is_tried_where_nothing_was_learnt() -> None:
    house, counting = House(), Counting()
    stage = Rewriting(house.rewrites, lambda one: run(one, (counting,), clock=lambda: 0.0))
    assert stage(turn()).rewrite is None
    assert counting.count == 0


def test_what_is_said_to_what_rings_is_not_rewritten() -> None:
    house = House()
    house.corrected("switch it off", "turn off the reading lamp")
    assert rewritten(house.hear("switch it off")) == "turn off the reading lamp"
    ringing = (Timer("1", ringing=True, due_ms=NOW),)
    home = HomeState.of(house.devices, AREAS)
    said = Turn("r", NOW, home, Utterance((Hypothesis("switch it off", 1.0),)), timers=ringing)
    found = run(said, house.stages, clock=lambda: 0.0)
    assert found.rewrite is None
    assert found.interpretation is not None
    assert found.interpretation.intent == "EdgeStopRinging"


@pytest.mark.parametrize("text", ["put it back", "no i meant the kitchen", "the other one"])
def test_what_is_said_of_the_turn_before_is_not_rewritten(text: str) -> None:
    house = House()
    house.rewrites.teach("cozy", "turn on the kitchen lamp")
    house.hear("turn on the reading lamp")
    assert house.hear(text).rewrite is None


def test_at_most_one_rewrite_a_turn() -> None:
    house = House()
    house.corrected("alpha alpha", "turn on the reading lamp")
    house.corrected("turn on the reading lamp", "turn on the kitchen lamp")
    assert does(house.hear("alpha alpha")) == ["turn_on light.reading_lamp"]


def test_caution() -> None:
    stage = Cautious(confirming, lambda entity: "heater" in entity.name.lower())
    harmless = Plan(commands=(Command("light.a", Verb.TURN_ON),))
    hot = Plan(commands=(Command("switch.kettle", Verb.TURN_ON),))
    fresh, proven = Rewrite("x", "personal", "r", 1.0), Rewrite("x", "personal", "r", 1.0, proven=True)
    assert stage(turn(plan=harmless, rewrite=fresh)).plan == harmless
    assert stage(turn(plan=hot)).plan == hot
    assert stage(turn(plan=hot, rewrite=proven)).plan == hot
    asks = stage(turn(plan=hot, rewrite=fresh)).plan
    assert asks is not None
    assert (asks.question, asks.pending, asks.commands) == ("confirm", hot.commands, ())
    refused = Plan(refusal=Refusal("resolve.gone"))
    assert stage(turn(plan=refused, rewrite=fresh)).plan == refused


def test_what_is_not_there_or_goes_to_automations_is_risky() -> None:
    assert risky(Plan(commands=(Command("light.gone", Verb.TURN_ON),)), HOME, lambda _: False)
    assert risky(Plan(publish=True), HOME, lambda _: False)
    assert not risky(Plan(matched=("light.a",)), HOME, lambda _: False)
    assert not risky(None, HOME, lambda _: False)


@pytest.mark.parametrize(
    ("command", "asked"),
    [
        (Command("cover.skylight", Verb.OPEN), True),
        (Command("cover.skylight", Verb.CLOSE), False),
        (Command("cover.skylight", Verb.SET_POSITION, {"position": 60}), True),
        (Command("cover.skylight", Verb.SET_POSITION, {"position": 20}), False),
        (Command("cover.blinds", Verb.OPEN), False),
        (Command("climate.room", Verb.SET_TEMPERATURE, {"temperature": 25}), True),
        (Command("climate.room", Verb.SET_TEMPERATURE, {"temperature": 18}), False),
        (Command("climate.room", Verb.TURN_ON), True),
        (Command("climate.room", Verb.TURN_OFF), False),
        (Command("climate.room", Verb.SET_MODE, {"mode": "heat"}), True),
        (Command("climate.room", Verb.SET_MODE, {"mode": "cool"}), False),
    ],
)
def test_what_opens_or_warms_is_asked_about_before_a_guess_does_it(command: Command, asked: bool) -> None:
    there = [
        device("cover.blinds", "hall", "closed", device_class="blind", position=0),
        device("cover.skylight", "hall", "open", device_class="window", position=40),
        device("climate.room", "hall", "heat", temperature=21),
    ]
    plan = Plan(commands=(command,))
    stage = Cautious(confirming)
    one = turn(plan=plan, home=HomeState.of(there, AREAS))
    found = stage(replace(one, rewrite=Rewrite("x", "personal", "r", 1.0))).plan
    assert found is not None
    assert (found.question == "confirm") is asked
    assert stage(replace(one, rewrite=Rewrite("x", "personal", "r", 1.0, proven=True))).plan == plan
    assert stage(one).plan == plan


def test_labels() -> None:
    both = replace(SAID, also=(Part("HassTurnOff", (Slot("name", "Fan"),)),))
    assert label_of(turn(interpretation=both)) == "HassTurnOn area=Hall name=Lamp; HassTurnOff name=Fan"
    other_way = replace(SAID, slots=SAID.slots[::-1], text="otherwise")
    assert label_of(turn(interpretation=other_way)) == label_of(turn(interpretation=SAID))
    assert label_of(turn()) == ""


@pytest.mark.parametrize(
    ("interpretation", "plan", "content"),
    [
        (None, None, 0.0),
        (SAID, Plan(refusal=Refusal("resolve.gone")), 0.0),
        (SAID, Plan(question="which", candidates=("light.a", "light.b")), 0.5),
        (replace(SAID, source="nearest"), Plan(commands=(Command("light.a", Verb.TURN_ON),)), 0.5),
        (SAID, Plan(question="confirm", pending=(Command("light.a", Verb.TURN_ON),)), 1.0),
        (SAID, Plan(commands=(Command("light.a", Verb.TURN_ON),)), 1.0),
    ],
)
def test_content(interpretation: Interpretation | None, plan: Plan | None, content: float) -> None:
    made = turn(interpretation=interpretation, plan=plan)
    assert content_of(made) == content
    assert resolves(made) == (
        interpretation is not None and plan is not None and plan.refusal is None and plan.question in (None, "confirm")
    )


@pytest.mark.parametrize("intent", ["EdgeUndo", "EdgeMeantRequest", "EdgeTeachPhrase", "EdgeForget", "EdgeStopRinging"])
def test_what_is_no_request(intent: str) -> None:
    assert not is_request(turn(interpretation=replace(SAID, intent=intent)))
    assert not is_request(turn(interpretation=SAID, readings=(replace(SAID, intent=intent),)))
    assert is_request(turn(interpretation=SAID))
