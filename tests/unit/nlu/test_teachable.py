"""What is read as teaching, and what is not."""

import pytest

from edge.core.home import HomeState
from edge.core.lessons import LessonAction, LessonDo
from edge.core.pipeline import run
from edge.core.timers import Timer
from edge.core.turn import Hypothesis, Plan, Turn, Utterance
from edge.nlu.context import InContext
from edge.nlu.described import described
from edge.nlu.guided import guide_answer
from edge.nlu.liked import TOPICS, number_of, wordings
from edge.nlu.teachable import Teachable, answers_lesson, framed
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from tests.unit.nlu.in_context import AREAS, FLOORS, grammar, house

HOME = HomeState.of(house(), AREAS, FLOORS, "living")
DIM = "dim the living room to twenty percent and close the blinds"


def take(text: str, *, asked: Plan | None = None, timers: tuple[Timer, ...] = (), confidence: float = 1.0) -> Turn:
    turn = Turn("t", 1_000, HOME, Utterance((Hypothesis(text, confidence),)), asked=asked, timers=timers)
    return run(turn, (Teachable(Timely(Understand(grammar))), InContext()), clock=lambda: 0.0)


def lesson(text: str, **more: Plan) -> LessonAction | None:
    plan = take(text, **more).plan
    return None if plan is None else plan.lesson


@pytest.mark.parametrize(
    ("text", "heard", "means"),
    [
        ("when I say movie time, dim the living room to twenty percent and close the blinds", "movie time", DIM),
        ("when I say movie time dim the living room to twenty percent and close the blinds", "movie time", DIM),
        ("whenever I say “movie time”, then turn off the floor lamp", "movie time", "turn off the floor lamp"),
        ("if we say lights please turn on the kitchen light", "lights please", "turn on the kitchen light"),
        ("movie time means turn off the floor lamp", "movie time", "turn off the floor lamp"),
        ("by cosy I mean turn off the floor lamp", "cosy", "turn off the floor lamp"),
        ("story time should turn on the reading lamp", "story time", "turn on the reading lamp"),
        ("remember that story time means turn on the reading lamp", "story time", "turn on the reading lamp"),
        ("please turn off the floor lamp when I say night night", "night night", "turn off the floor lamp"),
        ("when I say beep boop please turn on the fan", "beep boop", "turn on the fan"),
        ("when I say hush hush you should turn off the tv", "hush hush", "turn off the tv"),
    ],
)
def test_a_phrase_and_what_it_means(text: str, heard: str, means: str) -> None:
    found = lesson(text)
    assert found is not None
    assert (found.do, found.heard, found.means) == (LessonDo.PHRASE, heard, means)


@pytest.mark.parametrize(
    "text",
    [
        "I love jazz and turn everything off",
        "my favourite music is jazz and open the garage door",
        "I'm a Warriors and turn off the tv fan",
        "I like it at twenty one degrees and turn everything off",
    ],
)
def test_what_is_asked_for_in_the_same_breath_is_not_liked(text: str) -> None:
    assert lesson(text) is None


@pytest.mark.parametrize("value", ["rock and roll", "jazz and blues", "simon and garfunkel"])
def test_two_words_may_be_one_liking(value: str) -> None:
    found = lesson(f"my favourite music is {value}")
    assert found is not None
    assert (found.topic, found.value) == ("music", value)


@pytest.mark.parametrize(
    ("text", "device", "name"),
    [
        ("call the lamp in the hall the big light", "light.hall_light", "the big light"),
        ("call the floor lamp big bertha", "light.floor_lamp", "big bertha"),
        ("the floor lamp is also called Bertha", "light.floor_lamp", "bertha"),
        ("rename the bedroom thermostat to frosty", "climate.bedroom_thermostat", "frosty"),
        ("by the big one I mean the hall light", "light.hall_light", "the big one"),
    ],
)
def test_a_name_for_a_device(text: str, device: str, name: str) -> None:
    found = lesson(text)
    assert found is not None
    assert (found.do, found.device, found.heard) == (LessonDo.NAME, device, name)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("call the lamp sunny", "teach.which_device"),
        ("call the floor lamp the tv", "teach.name_taken"),
        ("call the floor lamp kitchen", "teach.name_taken"),
        ("call it sunny", "teach.no_device"),
    ],
)
def test_a_name_that_cannot_be_given(text: str, code: str) -> None:
    plan = take(text).plan
    assert plan is not None
    assert plan.refusal is not None
    assert plan.refusal.code == code


@pytest.mark.parametrize(
    ("text", "topic", "value", "area", "situation"),
    [
        ("I like it at twenty-one degrees", "temperature", "21", "", ""),
        ("I like it at 21.5 degrees in the evening", "temperature", "21.5", "", "hour:evening"),
        ("we prefer it at eighteen degrees in the bedroom", "temperature", "18", "Bedroom", ""),
        ("my favourite temperature is twenty two and a half degrees", "temperature", "22.5", "", ""),
        ("I like the lights at forty percent in the evening", "brightness", "40", "", "hour:evening"),
        ("I like it dim", "brightness", "30", "", ""),
        ("I'm a Warriors fan", "team", "warriors", "", ""),
        ("I am a big fan of the Warriors", "team", "warriors", "", ""),
        ("we support Real Madrid", "team", "real madrid", "", ""),
        ("I'm a jazz fan", "music", "jazz", "", ""),
        ("I love jazz", "music", "jazz", "", ""),
        ("my favorite band is the Beatles", "music", "beatles", "", ""),
        ("my favorite station is radio four", "station", "radio four", "", ""),
    ],
)
def test_what_is_liked(text: str, topic: str, value: str, area: str, situation: str) -> None:
    found = lesson(text)
    assert found is not None
    assert (found.do, found.topic, found.value) == (LessonDo.LIKE, topic, value)
    assert (found.area, found.situation) == (area, situation)


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("learn my preferences", LessonDo.GUIDE),
        ("forget that", LessonDo.FORGET),
        ("forget movie time", LessonDo.FORGET),
        ("forget what I taught you about movie time", LessonDo.FORGET),
        ("what have you learned?", LessonDo.TELL),
        ("what does movie time mean", LessonDo.TELL),
        ("remember that", LessonDo.REMEMBER),
    ],
)
def test_what_is_asked_of_all_that_was_learned(text: str, do: LessonDo) -> None:
    found = lesson(text)
    assert found is not None
    assert found.do is do


@pytest.mark.parametrize(
    "text",
    [
        *("turn on the floor lamp", "the floor lamp should be off", "forget the timer", "I like pizza", "call me"),
        *("what is the temperature", "turn it off", "never mind", "I'm cold", "is the floor lamp on", "thanks"),
        *("what do you mean", "I love it", "remind me to call mom in five minutes", "stop", "movie time"),
    ],
)
def test_what_teaches_nothing(text: str) -> None:
    assert lesson(text) is None


def test_what_was_not_heard_clearly_teaches_nothing() -> None:
    assert take("movie time means turn off the floor lamp", confidence=0.4).error == "understand.low_confidence"
    assert take("forget that", confidence=0.7).error == "teach.low_confidence"


@pytest.mark.parametrize(
    "text",
    [
        "when I say movie time, turn off the floor lamp",
        "call the floor lamp bertha",
        "I like it at twenty one degrees",
        "remember that",
        "forget what movie time means",
    ],
)
def test_what_is_kept_for_good_must_be_heard_surely(text: str) -> None:
    assert take(text, confidence=0.7).error == "teach.low_confidence"
    assert take(text, confidence=0.85).error == ""


def test_what_was_learned_is_told_to_whoever_asks() -> None:
    assert lesson("what have you learned") is not None
    assert take("what have you learned", confidence=0.6).error == ""


def test_to_a_timer_that_rings_praise_is_a_stop() -> None:
    found = take("thank you", timers=(Timer("1", ringing=True),)).interpretation
    assert found is not None
    assert found.intent == "EdgeStopRinging"


OFFER = Plan(lesson=LessonAction(LessonDo.OFFER, heard="lights pleas", means="turn on the hall light", asks=True))
WORKED = Plan(lesson=LessonAction(LessonDo.WORKED, asks=True))


def test_a_yes_to_an_offer_keeps_what_was_offered_and_a_no_does_not() -> None:
    agreed, declined = lesson("yes", asked=OFFER), lesson("no thanks", asked=OFFER)
    assert agreed is not None
    assert (agreed.heard, agreed.means, agreed.asks) == ("lights pleas", "turn on the hall light", False)
    assert declined is not None
    assert (declined.heard, declined.asks) == ("", False)


def test_a_request_in_place_of_an_answer_is_a_request() -> None:
    for asked in (OFFER, WORKED):
        plan = take("turn on the hall light", asked=asked).plan
        assert plan is not None
        assert [command.entity_id for command in plan.commands] == ["light.hall_light"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [("yes", "EdgeConfirm"), ("no", "EdgeDeny"), ("that's wrong", "EdgeDeny"), ("it did", "EdgeConfirm")],
)
def test_whether_it_worked_is_answered(text: str, intent: str) -> None:
    turn = take(text, asked=WORKED)
    assert turn.interpretation is not None
    assert (turn.interpretation.intent, turn.interpretation.source, turn.plan) == (intent, "answer", Plan())


def test_a_yes_of_which_nobody_is_sure_is_none() -> None:
    assert take("yes", asked=OFFER, confidence=0.7).error == "understand.low_confidence"
    assert take("no", asked=OFFER, confidence=0.7).error == ""
    assert take("yes", asked=WORKED, confidence=0.52).error == "understand.low_confidence"


def test_the_guided_talk_asks_one_thing_after_the_other() -> None:
    asked = lesson("learn my preferences")
    said = ["twenty one degrees", "skip", "I love jazz", "the Warriors"]
    learned = []
    for topic, text in zip(TOPICS, said, strict=True):
        assert asked is not None
        assert (asked.topic, asked.asks) == (topic, True)
        asked = lesson(text, asked=Plan(lesson=asked))
        assert asked is not None
        learned.append((asked.heard, asked.value))
    assert learned == [("temperature", "21"), ("", ""), ("music", "jazz"), ("team", "warriors")]
    assert asked is not None
    assert (asked.topic, asked.asks) == ("", False)


def test_the_guided_talk_ends_when_somebody_has_enough_or_asks_for_something_else() -> None:
    asked = Plan(lesson=LessonAction(LessonDo.GUIDE, topic="music", asks=True))
    ended = lesson("stop", asked=asked)
    assert ended is not None
    assert (ended.topic, ended.asks) == ("", False)
    assert lesson("turn on the hall light", asked=asked) is None


def test_what_is_listened_for_without_the_wake_word() -> None:
    guide = LessonAction(LessonDo.GUIDE, topic="temperature", asks=True)
    offer = LessonAction(LessonDo.OFFER, heard="a", means="b", asks=True)
    assert answers_lesson(guide, (Hypothesis("twenty one", 0.4),))
    assert not answers_lesson(guide, (Hypothesis("what a lovely day", 0.9),))
    assert answers_lesson(offer, (Hypothesis("yes", 0.9),))
    assert not answers_lesson(offer, (Hypothesis("turn on the light", 0.9),))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("twenty one", 21),
        ("21", 21),
        ("21.5", 21.5),
        ("twenty and a half", 20.5),
        ("nineteen", 19),
        ("twenty ten", None),
    ],
)
def test_numbers_in_words(text: str, number: float | None) -> None:
    assert number_of(text) == number


def test_a_value_that_cannot_be_is_no_answer() -> None:
    assert guide_answer("two hundred degrees", "temperature") is None
    assert guide_answer("three degrees", "temperature") is None
    assert guide_answer("forty percent", "brightness") is not None


@pytest.mark.parametrize("topic", [*TOPICS, "station"])
def test_what_is_said_in_place_of_what_is_liked_is_understood(topic: str) -> None:
    value = {"temperature": "21", "brightness": "40"}.get(topic, "blue note")
    for area in ("", "Bedroom"):
        _, request = wordings(topic, value, area)
        plan = take(request).plan
        assert plan is not None, request
        assert plan.commands, request


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("the lamp in the hall", {"light.hall_light"}),
        ("bedroom heating", {"climate.bedroom_thermostat"}),
        ("the lamp by the sofa", set()),
        ("the lamp by", set()),
        ("the television", {"media_player.tv"}),
    ],
)
def test_devices_are_described(text: str, ids: set[str]) -> None:
    assert {entity.entity_id for entity in described(text, HOME)} == ids


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("when i say hocus pocus turn on the hole light", [("when i say hocus pocus", "turn on the hole light")]),
        ("hocus pocus means turn on the hole light", [("hocus pocus means", "turn on the hole light")]),
        ("no i meant turn on the hole light", [("no i meant", "turn on the hole light")]),
        ("call the floor lamp big bertha", [("call the floor lamp big bertha", "")]),
        ("i'm a warriors fan", [("i'm a warriors fan", "")]),
        ("turn on the hole light", []),
        ("call mom", []),
    ],
)
def test_where_free_words_end_and_a_request_begins(text: str, parts: list[tuple[str, str]]) -> None:
    assert list(framed(text)) == parts


@pytest.mark.parametrize(
    "text",
    [
        "when I say , turn on the kitchen light",
        'when I say "", turn on the kitchen light',
        "when I say turn on the kitchen light",
        "when I say, turn on the kitchen light",
        'when I say "movie time",',
    ],
)
def test_what_is_missing_is_not_taken_from_the_other_part(text: str) -> None:
    found = lesson(text)
    assert found is not None
    assert (found.do, "" in (found.heard, found.means)) == (LessonDo.PHRASE, True)


@pytest.mark.parametrize(
    ("text", "code", "subject"),
    [
        ("call the lamp by the moon the night light", "teach.no_device", "the lamp by the moon"),
        ("call the kitchen the cooking room", "teach.is_room", "the kitchen"),
        ("call the hall big bertha", "teach.is_room", "the hall"),
    ],
)
def test_why_a_name_cannot_be_given_is_told_with_the_part(text: str, code: str, subject: str) -> None:
    plan = take(text).plan
    assert plan is not None
    assert plan.refusal is not None
    assert (plan.refusal.code, plan.refusal.subject) == (code, subject)


@pytest.mark.parametrize("text", ["call the doctor a cab", "call my mother", "call the house the burrow"])
def test_who_calls_somebody_names_nothing(text: str) -> None:
    assert take(text).plan is None
