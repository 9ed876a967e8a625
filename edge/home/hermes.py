"""Hermes, the MQTT messages of Snips and Rhasspy: what the hub says in them, and the one that it takes. Pure.

A household that comes from Rhasspy has automations that listen to `hermes/intent/#` and speak with `hermes/tts/say`;
with these they go on working. `hermes/nlu/query` is not taken, nor is any other message that asks for something to be
understood: in Rhasspy a query is only recognised, while this hub would act on it, for whoever may write to the broker,
past the wake word, the enrolled voices and the yes that unlocking a door is asked for.

Source: https://rhasspy.readthedocs.io/en/latest/reference/#mqtt-api (topics, keys and their defaults).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.core.errors import InputError
from edge.core.turn import EndReason, Interpretation, Turn, Utterance

SAY_TOPIC = "hermes/tts/say"
MAX_SAY_BYTES = 16_384
MAX_SAY_CHARS = 1000
"""Longer texts are not spoken: nobody wants a minute of it, and there is a turn to wait for."""


class Termination(StrEnum):
    """Why a session ended."""

    NOMINAL = "nominal"
    ABORTED_BY_USER = "abortedByUser"
    INTENT_NOT_RECOGNIZED = "intentNotRecognized"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Message:
    """Something to publish, not retained."""

    topic: str
    payload: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence that somebody wants spoken."""

    text: str
    id: str | None
    """Given back when it was spoken."""
    session_id: str | None


@dataclass(frozen=True, slots=True)
class Site:
    """One hub, by the name that Rhasspy calls a satellite."""

    site_id: str

    def woken(self, phrase: str, sensitivity: float, session_id: str) -> Iterator[Message]:
        """The wake word was heard, and a session began. phrase: as it is said."""
        wakeword_id = re.sub(r"\W+", "_", phrase.casefold()).strip("_") or "default"
        yield self._message(
            f"hermes/hotword/{wakeword_id}/detected",
            modelId=wakeword_id,
            modelVersion="",
            modelType="universal",
            currentSensitivity=sensitivity,
            sessionId=session_id,
        )
        yield self.started(session_id)

    def started(self, session_id: str) -> Message:
        """Somebody is listened to."""
        return self._message("hermes/dialogueManager/sessionStarted", sessionId=session_id, customData=None)

    def ended(self, session_id: str, why: Termination) -> Message:
        """Nobody is any more."""
        return self._message(
            "hermes/dialogueManager/sessionEnded",
            sessionId=session_id,
            customData=None,
            termination={"reason": str(why)},
        )

    def turn(self, turn: Turn, session_id: str) -> Iterator[Message]:
        """What was heard, what was understood, and the end of the session."""
        heard = turn.utterance
        if heard.end_reason is EndReason.NO_SPEECH and not heard.hypotheses:
            yield self.ended(session_id, Termination.TIMEOUT)
            return
        yield self._message(
            "hermes/asr/textCaptured",
            text=heard.text,
            likelihood=_confidence(heard),
            seconds=(heard.ended_ms - heard.began_ms) / 1000,  # of speech, which is recognised while it arrives
            sessionId=session_id,
        )
        if turn.interpretation is None:
            for topic in ("hermes/nlu/intentNotRecognized", "hermes/dialogueManager/intentNotRecognized"):
                yield self._message(topic, input=turn.text, id=turn.id, sessionId=session_id, customData=None)
            yield self.ended(session_id, Termination.INTENT_NOT_RECOGNIZED)
            return
        yield self._intent(turn, turn.interpretation, session_id)
        yield self.ended(session_id, Termination.ERROR if turn.error else Termination.NOMINAL)

    def say_finished(self, say: Say) -> Message:
        """It was spoken, or never will be: whoever waits for it may go on."""
        return self._message("hermes/tts/sayFinished", id=say.id, sessionId=say.session_id)

    def read_say(self, payload: bytes) -> Say | None:
        """What is to be spoken; None where it is meant for another site. Raises InputError (`hermes.bad_say`)."""
        message = _object(payload)
        site_id = message.get("siteId", "default")
        if not isinstance(site_id, str):
            raise _bad("`siteId` must be text")
        if site_id != self.site_id:
            return None
        text = message.get("text")
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_SAY_CHARS:
            raise _bad(f"`text` must be text of 1 to {MAX_SAY_CHARS} characters")
        return Say(" ".join(text.split()), _id(message, "id"), _id(message, "sessionId"))

    def _intent(self, turn: Turn, understood: Interpretation, session_id: str) -> Message:
        confidence = _confidence(turn.utterance)
        slots = [
            {
                "entity": slot.name,
                "slotName": slot.name,
                "value": {"kind": "Unknown", "value": slot.value},
                "rawValue": slot.text or str(slot.value),
                "confidence": understood.score,
                "range": _range(understood.text, slot.text),
            }
            for slot in understood.slots
        ]
        return self._message(
            f"hermes/intent/{_level(understood.intent)}",
            input=understood.text,
            rawInput=turn.utterance.text,
            intent={"intentName": understood.intent, "confidenceScore": understood.score},
            slots=slots,
            id=turn.id,
            sessionId=session_id,
            customData=None,
            asrTokens=[[{"value": word, "confidence": confidence} for word in turn.utterance.text.split()]],
            asrConfidence=confidence,
        )

    def _message(self, topic: str, **content: object) -> Message:
        return Message(topic, json.dumps({**content, "siteId": self.site_id}, ensure_ascii=False))


def _confidence(heard: Utterance) -> float:
    return heard.hypotheses[0].confidence if heard.hypotheses else 0.0


def _range(text: str, part: str) -> dict[str, int] | None:
    at = text.casefold().find(part.casefold()) if part else -1
    return None if at < 0 else {"start": at, "end": at + len(part)}


def _level(name: str) -> str:
    """A name as one level of a topic."""
    return re.sub(r"[/+#\0]", "_", name)


def _object(payload: bytes) -> dict[str, object]:
    if len(payload) > MAX_SAY_BYTES:
        raise _bad(f"it has at most {MAX_SAY_BYTES} bytes")
    try:
        message = json.loads(payload.decode())
    except (ValueError, RecursionError):
        raise _bad("it must be JSON") from None
    if not isinstance(message, dict):
        raise _bad("it must be an object")
    return message


def _id(message: dict[str, object], key: str) -> str | None:
    value = message.get(key)
    if value is not None and not isinstance(value, str):
        raise _bad(f"`{key}` must be text")
    return value


def _bad(what: str) -> InputError:
    return InputError("hermes.bad_say", what)
