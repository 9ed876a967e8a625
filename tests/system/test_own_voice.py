"""A hub in a room with its own loudspeaker: it hears what it says, and does not take it for what somebody says.

Everything is real but the sound card: what the hub plays is mixed into what its microphone hears.
"""

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.audio.capture import FRAME_SAMPLES, RATE, FileSource, Frame
from edge.audio.resample import Resampler
from edge.core.home import Area, Entity, HomeState, Voice
from edge.core.turn import Command, Turn, Verb
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.reply import speak
from edge.resources import data_dir
from tools.bench.demo import RECORDINGS

pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
pytestmark = pytest.mark.system

SENTENCES = """
language: en
intents:
  WakeHelp:
    data:
      - sentences: ["turn on the kitchen light"]
responses:
  intents:
    WakeHelp:
      default: "To ask for more, say hey jarvis, turn on the kitchen light."
"""
LOUD = 0.5
"""What the loudspeaker adds to the microphone, of what it is given."""

Sound = NDArray[np.float32]


class Room:
    """A microphone and a loudspeaker, at the pace of time."""

    def __init__(self, said: Sound, tail_s: float) -> None:
        self._lock = threading.Lock()
        self._sound = np.concatenate((said, np.zeros(round(tail_s * RATE), dtype=np.float32)))
        self._now = 0
        self.played_s: list[float] = []

    def __iter__(self) -> Iterator[Frame]:
        began = time.monotonic()
        for at in range(0, len(self._sound) - FRAME_SAMPLES, FRAME_SAMPLES):
            time.sleep(max(0.0, began + (at + FRAME_SAMPLES) / RATE - time.monotonic()))
            with self._lock:
                self._now = at + FRAME_SAMPLES
                samples = self._sound[at : at + FRAME_SAMPLES]
            yield Frame(at, np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes())

    def close(self) -> None:
        """Nothing to give back."""

    def play(self, pcm: bytes, rate: int) -> None:
        """Sounds now, and blocks as long."""
        resampler = Resampler(rate, RATE)
        samples = np.frombuffer(pcm, "<i2").astype(np.float32)
        made = np.concatenate((resampler.accept(samples), resampler.finish())) * np.float32(LOUD)
        with self._lock:
            end = min(self._now + len(made), len(self._sound))
            self._sound[self._now : end] += made[: end - self._now]
            if any(pcm):
                self.played_s.append(self._now / RATE)
        time.sleep(len(made) / RATE)


def recording(stem: str) -> Sound:
    with FileSource(RECORDINGS / f"{stem}.flac") as source:
        return np.frombuffer(b"".join(frame.pcm for frame in source), "<i2").astype(np.float32)


KITCHEN = HomeState.of([Entity("light.k", "light", "Kitchen Light", area="k")], [Area("k", "Kitchen")], mic_area="k")


def listened(
    room: Room,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *settings: str,
    own: bool = True,
    home: HomeState = KITCHEN,
) -> list[Turn]:
    sentences = folder / "custom_sentences"
    sentences.mkdir()
    (sentences / "own.yaml").write_text(SENTENCES)
    overrides = [f"paths.custom_sentences={sentences}", "reply.speak=true", "asr.engine=pocketsphinx", *settings]
    profile = load_profile(board="x86-64", environ={"HOME": str(folder)}, system_paths=(), overrides=overrides)
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    monkeypatch.setattr(speak, "SoundCard", lambda: room)
    if not own:
        monkeypatch.setattr(Hub, "_own_sound", lambda *_, **__: None)
    with Hub(profile, StillHome(home), store=lambda: store) as hub:
        return list(hub.listen(lambda: room))


def test_the_wake_word_in_its_own_reply_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(recording("turn_on_the_kitchen_light"), tail_s=7)
    (turn,) = listened(room, tmp_path, monkeypatch)
    assert turn.interpretation is not None
    assert turn.interpretation.intent == "WakeHelp"
    assert turn.reply is not None
    assert turn.reply.spoken, "said to its end"


def test_a_hub_that_does_not_know_its_own_voice_answers_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(recording("turn_on_the_kitchen_light"), tail_s=7)
    turns = listened(room, tmp_path, monkeypatch, own=False)
    assert turns[0].reply is not None
    assert len(turns) > 1 or not turns[0].reply.spoken


def test_a_chime_is_heard_by_people_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    room = Room(recording("open_the_bedroom_curtains"), tail_s=1.5)
    turns = listened(room, tmp_path, monkeypatch, "reply.speak=false", "reply.chime=true")
    assert len(room.played_s) == 1
    assert 1.0 < room.played_s[0] < 2.5
    assert [turn.utterance.wake for turn in turns] == ["Hey Jarvis"]
    assert turns[0].utterance.began_ms > room.played_s[0] * 1000, "the chime is not where speech began"
    assert caplog.messages == []


def test_what_the_wake_stage_did_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="edge")
    said = recording("open_the_bedroom_curtains")[: round(1.6 * RATE)]  # the wake word, and nothing after it
    listened(Room(said, tail_s=1.5), tmp_path, monkeypatch, "reply.speak=false", "endpoint.no_speech_ms=700")
    (line,) = [message for message in caplog.messages if message.startswith("wake.counts")]
    assert line.startswith("wake.counts: 1 wakes, ")
    assert line.endswith(", 0 strangers, 1 false wakes")


def test_in_one_breath_there_is_no_chime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(recording("one_breath_turn_on_the_office_light"), tail_s=1.0)
    turns = listened(room, tmp_path, monkeypatch, "reply.speak=false", "reply.chime=true")
    assert len(turns) == 1
    assert room.played_s == []


def test_its_own_question_is_answered_without_the_wake_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Entity("cover.g", "cover", "Garage Door", attributes={"device_class": "garage"}, voice=Voice.CONFIRM)
    asked, pause, yes = (
        recording("one_breath_open_the_garage_door"),
        np.zeros(round(4.5 * RATE), np.float32),
        recording("answers/no_wake_yes"),
    )
    room = Room(np.concatenate((asked, pause, yes)), tail_s=2)
    question, answer = listened(room, tmp_path, monkeypatch, home=HomeState.of([door]))
    assert question.reply is not None
    assert (question.reply.text, question.reply.spoken) == ("Open the Garage Door?", True)
    assert answer.utterance.wake is None
    assert answer.plan is not None
    assert answer.plan.commands == (Command("cover.g", Verb.OPEN),)
