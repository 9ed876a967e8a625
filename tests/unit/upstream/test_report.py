"""What is told of a turn, and what never is."""

from dataclasses import fields, replace

import pytest

from edge.core.home import Area, Voice
from edge.core.timers import TimerAction, TimerDo
from edge.core.turn import EndReason, Hypothesis, Interpretation, Rewrite, Utterance, Verdict
from edge.upstream import batch
from edge.upstream.report import Confidence, DayPart, Layer, TurnReport, report
from tests.unit.nlu.in_context import device, lamp
from tests.unit.upstream.told import VOCABULARY, Hub


@pytest.fixture(scope="module")
def hub() -> Hub:
    return Hub(
        [lamp("light.x", "den", name="Tante Ernas Leuchte"), device("person.anna", None, "home", name="Anna")],
        [Area("den", "Jonas Cave")],
    )


def heard(made: TurnReport | None) -> str:
    assert made is not None
    return " ".join(made.heard)


def test_a_mishearing_is_told_with_what_was_meant(hub: Hub) -> None:
    made = hub.tell("turn on the kitten light", meant="turn on the kitchen light")
    assert made == TurnReport(
        "en",
        DayPart.EVENING,
        Confidence.TYPED,
        ("turn", "on", "the", "kitten", "light"),
        "HassTurnOn name=kitten_light",
        (),
        Layer.NONE,
        ("turn", "on", "the", "kitchen", "light"),
        "HassTurnOn domain=light name=kitchen_light",
        None,
    )


def test_what_was_understood_is_told_with_a_randomised_answer() -> None:
    hub = Hub()
    turn = hub.hear("turn on the kitchen light")
    answers = [hub.told(turn, won=True) for _ in range(200)]
    yes = sum(one is not None and one.worked is True for one in answers)
    no = sum(one is not None and one.worked is False for one in answers)
    assert yes + no == 200
    assert 20 <= no <= 55  # 36 in the mean


def test_whether_it_worked_is_not_told_where_something_else_was_meant(hub: Hub) -> None:
    made = hub.tell("turn on the kitten light", meant="turn on the kitchen light")
    assert made is not None
    assert made.worked is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("turn on the kitchen light", "turn on the kitchen light"),
        ("turn on tante ernas leuchte", "turn on <light>"),
        ("turn on the lights in jonas cave", "turn on the lights in <area>"),
        ("set the reading lamp to 50 percent", "set the reading lamp to <number:50-59> percent"),
        ("set the reading lamp to twenty five percent", "set the reading lamp to <number:20-29> percent"),
    ],
)
def test_names_and_numbers_are_told_by_their_kind(hub: Hub, said: str, told: str) -> None:
    assert heard(hub.tell(said)) == told


def test_values_of_a_reading_are_told_as_words_are(hub: Hub) -> None:
    made = hub.tell("turn on the lights in jonas cave", won=False)
    assert made is not None
    assert made.reading == "HassTurnOn area=<area> domain=light"


def test_a_room_that_nobody_said_is_not_in_the_reading(hub: Hub) -> None:
    made = hub.tell("turn on the lights")
    assert made is not None
    assert made.reading == "HassTurnOn domain=light"


@pytest.mark.parametrize(
    "said",
    [
        "the president said that the economy is fine",  # the television
        "unlock the front door",
        "is the front door locked",
        "where is anna",
        "is anyone home",
        "set a timer for ten minutes",
        "what did you learn",
        "when i say movie magic turn on the kitchen light",
        "add milk to the shopping list",
        "broadcast dinner is ready",
        "turn it off",
        "no",
        "turn on the spotted elephant",
        "",
    ],
)
@pytest.mark.parametrize("won", [True, False])
def test_nothing_is_told_of_what_is_nobodys_business(hub: Hub, said: str, won: bool) -> None:
    assert hub.tell(said, won=won) is None


def test_nothing_is_told_where_nothing_tells(hub: Hub) -> None:
    turn = hub.hear("turn on the kitchen light")
    assert hub.told(turn, won=None) is None
    assert report(turn, hub.names, VOCABULARY, hub.facts) is None  # it is still open


def test_talk_that_was_said_otherwise_afterwards_leaves_no_word_of_it(hub: Hub) -> None:
    made = hub.tell("our neighbours divorce lawyer called about the surgery", meant="turn on the kitchen light")
    assert made is None or not {"neighbours", "divorce", "lawyer", "surgery"} & set(made.heard)
    assert heard(hub.tell("turn on the spotted elephant", meant="turn on the kitchen light")) == "turn on the <other>"


def test_what_is_risky_is_told_neither_as_heard_nor_as_meant(hub: Hub) -> None:
    assert hub.tell("unlock the fun door", meant="turn on the ceiling fan") is None
    assert hub.tell("turn on the kitten light", meant="unlock the front door") is None


@pytest.mark.parametrize("voice", [Voice.CONFIRM, Voice.GUARDED, Voice.NEVER])
def test_what_the_household_guards_is_not_told(voice: Voice) -> None:
    hub = Hub([replace(lamp("light.desk_lamp", "living"), voice=voice)])
    assert hub.tell("turn on the desk lamp") is None
    assert hub.tell("turn on the disk lamp", meant="turn on the desk lamp") is None


def test_what_was_meant_is_told_with_its_turn_alone(hub: Hub) -> None:
    wrong, right = hub.hear("turn on the kitten light"), hub.hear("turn on the kitchen light")
    closed = replace(wrong, verdict=Verdict(False, 1.0, 1, right.text, right.id))
    assert report(closed, hub.names, VOCABULARY, hub.facts) is None
    assert report(closed, hub.names, VOCABULARY, hub.facts, meant=wrong) is None
    assert report(closed, hub.names, VOCABULARY, hub.facts, meant=right) is not None


def test_what_was_meant_may_be_said_as_a_correction(hub: Hub) -> None:
    right = hub.hear("turn on the kitchen light")
    corrects = Interpretation("EdgeMeantRequest", (), "no i meant turn on the kitchen light")
    made = hub.told(hub.hear("turn on the kitten light"), meant=replace(right, readings=(corrects, *right.readings)))
    assert made is not None
    assert made.meant_reading == "HassTurnOn domain=light name=kitchen_light"


def test_a_rewrite_is_told_with_where_it_came_from(hub: Hub) -> None:
    served = Rewrite("turn on the kitchen light", "global", "r1", 0.9, "turn on the kitten light", "pooled")
    made = hub.told(hub.hear("turn on the kitten light", rewrite=served))
    assert made is not None
    assert (made.layer, " ".join(made.served)) == (Layer.GLOBAL, "turn on the kitchen light")
    assert (heard(made), made.reading) == ("turn on the kitten light", "")


@pytest.mark.parametrize("source", ["taught", "agreed"])
def test_a_households_own_phrase_is_not_told(hub: Hub, source: str) -> None:
    served = Rewrite("turn on the kitchen light", "personal", "r1", 0.9, "let there be light", source)
    assert hub.told(hub.hear("let there be light", rewrite=served)) is None


def test_a_name_heard_for_another_is_not_told(hub: Hub) -> None:
    assert hub.tell("turn on tante ernas leuchte", meant="turn on tante ernas leuchte") is None


@pytest.mark.parametrize(
    ("hour", "part"),
    [(5.99, "night"), (6, "morning"), (12, "afternoon"), (18, "evening"), (21.99, "evening"), (22, "night")],
)
def test_the_time_is_a_part_of_the_day(hub: Hub, hour: float, part: str) -> None:
    made = hub.told(hub.hear("turn on the kitchen light", hour=hour))
    assert made is not None
    assert made.day_part == part


def test_without_an_hour_nothing_is_told(hub: Hub) -> None:
    assert hub.told(hub.hear("turn on the kitchen light", hour=None)) is None


@pytest.mark.parametrize(("sure", "told"), [(0.49, "low"), (0.5, "middle"), (0.8, "high")])
def test_confidence_is_one_of_three(hub: Hub, sure: float, told: str) -> None:
    turn = hub.hear("turn on the kitchen light")
    said = Utterance((Hypothesis("turn on the kitchen light", sure),), end_reason=EndReason.SILENCE)
    turn = replace(turn, utterance=said)
    made = hub.told(turn)
    assert made is not None
    assert made.confidence == told


def test_a_timer_in_a_plan_is_not_told(hub: Hub) -> None:
    turn = hub.hear("turn on the kitchen light")
    assert turn.plan is not None
    assert hub.told(replace(turn, plan=replace(turn.plan, timer=TimerAction(TimerDo.START)))) is None


def test_a_report_holds_nothing_that_is_not_named_here() -> None:
    assert [one.name for one in fields(TurnReport)] == [
        *("language", "day_part", "confidence", "heard", "reading", "served", "layer", "meant", "meant_reading"),
        "worked",
    ]


def test_every_line_is_below_a_kilobyte(hub: Hub) -> None:
    longest = max(VOCABULARY.home, key=len)
    wrong = hub.hear(" ".join(["turn on the kitten light and the"] * 4))
    right = hub.hear("turn on the kitchen light")
    right = replace(right, utterance=replace(right.utterance, hypotheses=()))
    meant = replace(right, rewrite=Rewrite(" ".join([longest, "a"] * 12), "personal", "r", 1.0))
    made = hub.told(wrong, meant=meant)
    assert made is None or len(batch.line(made)) <= batch.MAX_LINE
