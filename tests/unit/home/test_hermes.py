"""Hermes' messages, against the keys that Rhasspy's reference gives them."""

import json
from typing import Any

import pytest

from edge.core.errors import InputError
from edge.core.home import HomeState
from edge.core.turn import EndReason, Hypothesis, Interpretation, Plan, Slot, Span, Turn, Utterance
from edge.home.hermes import MAX_SAY_CHARS, Message, Say, Site, Termination

SITE = Site("kitchen")
UNDERSTOOD = Interpretation(
    "HassTurnOn", (Slot("name", "Kitchen Light", "kitchen light"),), "turn on the kitchen light"
)

# Transcribed from the reference: topic -> its required keys and those that it has a default for.
KEYS = {
    "hermes/hotword/hey_jarvis/detected": (
        {"modelId"},
        {"modelVersion", "modelType", "currentSensitivity", "siteId", "sessionId"},
    ),
    "hermes/dialogueManager/sessionStarted": (set(), {"siteId", "sessionId", "customData"}),
    "hermes/dialogueManager/sessionEnded": ({"termination"}, {"siteId", "sessionId", "customData"}),
    "hermes/dialogueManager/intentNotRecognized": ({"input"}, {"siteId", "sessionId", "customData", "id"}),
    "hermes/asr/textCaptured": ({"text", "likelihood", "seconds"}, {"siteId", "sessionId"}),
    "hermes/intent/HassTurnOn": (
        {"input", "intent"},
        {"slots", "id", "siteId", "sessionId", "customData", "asrTokens", "asrConfidence", "rawInput"},
    ),
    "hermes/nlu/intentNotRecognized": ({"input"}, {"id", "siteId", "sessionId", "customData"}),
    "hermes/tts/sayFinished": (set(), {"id", "siteId", "sessionId"}),
}


def read(message: Message) -> dict[str, Any]:
    """The message's content, after its keys were checked."""
    found: dict[str, Any] = json.loads(message.payload)
    required, known = KEYS[message.topic]
    assert required <= found.keys() <= required | known
    assert found["siteId"] == "kitchen"
    return found


def turn(
    *words: str,
    understood: Interpretation | None = None,
    reason: EndReason = EndReason.SILENCE,
    code: str = "",
) -> Turn:
    heard = Utterance(tuple(Hypothesis(text, 0.75) for text in words), "Hey Jarvis", 1000, 2250, reason)
    spans = (Span("act", 1.0, "failed", code),) if code else ()
    return Turn("t1", 0, HomeState(), heard, interpretation=understood, plan=Plan(), spans=spans)


def ended(messages: list[Message]) -> str:
    assert messages[-1].topic == "hermes/dialogueManager/sessionEnded"
    found: str = read(messages[-1])["termination"]["reason"]
    return found


def test_a_wake_word_begins_a_session() -> None:
    detected, started = SITE.woken("Hey Jarvis", 0.5, "s1")
    assert detected.topic == "hermes/hotword/hey_jarvis/detected"
    assert read(detected)["currentSensitivity"] == 0.5
    assert read(detected)["sessionId"] == read(started)["sessionId"] == "s1"


@pytest.mark.parametrize("phrase", ["a/b", "+", "#", ""])
def test_a_wake_word_is_one_level_of_a_topic(phrase: str) -> None:
    topic = next(iter(SITE.woken(phrase, 0.5, "s"))).topic
    assert len(topic.split("/")) == 4
    assert not set(topic) & set("+#")


def test_a_request_that_was_understood() -> None:
    messages = list(SITE.turn(turn("turn on the kitchen light", understood=UNDERSTOOD), "s1"))
    text, intent, _ = messages
    assert (read(text)["text"], read(text)["likelihood"]) == ("turn on the kitchen light", 0.75)
    assert read(text)["seconds"] == 1.25, "how long somebody spoke"
    content = read(intent)
    assert content["intent"] == {"intentName": "HassTurnOn", "confidenceScore": 1.0}
    assert content["input"] == "turn on the kitchen light"
    (slot,) = content["slots"]
    assert slot["slotName"] == "name"
    assert slot["value"]["value"] == "Kitchen Light"
    assert slot["rawValue"] == "kitchen light"
    assert content["input"][slot["range"]["start"] : slot["range"]["end"]] == "kitchen light"
    assert ended(messages) == Termination.NOMINAL


def test_a_slot_that_was_not_said_has_no_range() -> None:
    here = Interpretation("HassTurnOn", (Slot("area", "Kitchen"), Slot("brightness", 50, "fifty")), "on")
    first, second = read(list(SITE.turn(turn("on", understood=here), "s"))[1])["slots"]
    assert (first["range"], first["rawValue"]) == (None, "Kitchen")
    assert (second["range"], second["value"]["value"]) == (None, 50)


def test_a_request_that_was_not() -> None:
    messages = list(SITE.turn(turn("bake me a cake"), "s1"))
    assert [message.topic for message in messages[1:3]] == [
        "hermes/nlu/intentNotRecognized",
        "hermes/dialogueManager/intentNotRecognized",
    ]
    assert {read(message)["input"] for message in messages[1:3]} == {"bake me a cake"}
    assert ended(messages) == Termination.INTENT_NOT_RECOGNIZED


def test_speech_that_made_no_sense_is_not_recognized() -> None:
    messages = list(SITE.turn(turn(), "s1"))
    assert (read(messages[0])["text"], read(messages[0])["likelihood"]) == ("", 0.0)
    assert ended(messages) == Termination.INTENT_NOT_RECOGNIZED


def test_nobody_spoke() -> None:
    messages = list(SITE.turn(turn(reason=EndReason.NO_SPEECH), "s1"))
    assert len(messages) == 1
    assert ended(messages) == Termination.TIMEOUT


def test_a_request_that_failed() -> None:
    failed = turn("turn on the kitchen light", understood=UNDERSTOOD, code="act.unexpected")
    assert ended(list(SITE.turn(failed, "s1"))) == Termination.ERROR


def test_an_intent_of_ones_own_is_one_level_of_a_topic() -> None:
    own = Interpretation("Make/Tea+#", (), "tea")
    assert list(SITE.turn(turn("tea", understood=own), "s"))[1].topic == "hermes/intent/Make_Tea__"


def test_something_to_say() -> None:
    say = SITE.read_say(b'{"text": " Dinner\\n is ready ", "siteId": "kitchen", "id": "7", "lang": "en"}')
    assert say == Say("Dinner is ready", "7", None)
    assert read(SITE.say_finished(say)) == {"id": "7", "sessionId": None, "siteId": "kitchen"}


@pytest.mark.parametrize("payload", [b'{"text": "x"}', b'{"text": "x", "siteId": "bath"}', b'{"siteId": "bath"}'])
def test_something_for_another_site(payload: bytes) -> None:
    assert SITE.read_say(payload) is None
    assert Site("default").read_say(b'{"text": "x"}') == Say("x", None, None)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"Dinner",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"siteId": "kitchen"}',
        b'{"siteId": "kitchen", "text": " "}',
        b'{"siteId": "kitchen", "text": 5}',
        b'{"siteId": 5, "text": "x"}',
        b'{"siteId": "kitchen", "text": "x", "id": {}}',
        json.dumps({"siteId": "kitchen", "text": "x" * (MAX_SAY_CHARS + 1)}).encode(),
    ],
)
def test_nonsense_is_not_said(payload: bytes) -> None:
    with pytest.raises(InputError) as caught:
        SITE.read_say(payload)
    assert caught.value.code == "hermes.bad_say"
