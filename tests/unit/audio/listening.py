"""Listeners for tests: a recogniser that keeps what it is given, scripted sound, and the real parts around them."""

from collections.abc import Callable, Iterable

import numpy as np
from sounds import hey_jarvis

from edge.audio.capture import Frame
from edge.audio.endpoint import EndpointSettings
from edge.audio.listen import Listener
from edge.audio.parts import ListenEvent, ListenEventKind, Vad
from edge.audio.vad import SileroVad
from edge.audio.wake import Detection, WakeDetector, WakeStage
from edge.core.turn import Hypothesis, Utterance

WOKE, BEGAN, ENDED = ListenEventKind


class Tape:
    """A recogniser that keeps what it is given, and hears what it is told to."""

    def __init__(self, *hears: str) -> None:
        self.hears = hears or ("turn on the light",)
        self.pcm = b""
        self.takes: list[bytes] = []
        self.resets = 0
        self.whole: float | None = None
        """What it answers when it is asked whether the request is whole."""

    def accept(self, pcm: bytes) -> None:
        self.pcm += pcm

    def partial(self) -> str:
        return self.hears[0]

    def ending(self) -> float | None:
        return self.whole

    def finish(self) -> tuple[Hypothesis, ...]:
        self.takes.append(self.pcm)
        return tuple(Hypothesis(text, 1.0 - n / 10) for n, text in enumerate(self.hears))

    def reset(self) -> None:
        self.pcm = b""
        self.resets += 1


class Loudness:
    """A voice activity detector that takes anything but zeros for speech."""

    def __init__(self) -> None:
        self.accepted = 0

    def accept(self, pcm: bytes) -> float:
        self.accepted += 1
        return 1.0 if any(pcm) else 0.0

    def reset(self) -> None:
        pass


class At:
    """A wake stage that fires at one moment of every stretch that it hears; late, when it has to look twice."""

    def __init__(self, seconds: float, late: float = 0.0) -> None:
        self._late = round(late / 0.02)
        self._frames = round(seconds / 0.02) + self._late
        self._heard = 0

    def accept(self, frame: Frame) -> Detection | None:
        self._heard += 1
        noticed = frame.end - 320 * self._late
        return Detection("Hey Jarvis", 0.99, noticed) if self._heard == self._frames else None

    def reset(self) -> None:
        self._heard = 0


def listener(
    recognizer: Tape,
    *,
    wake: WakeStage | None = None,
    vad: Vad | None = None,
    events: list[ListenEvent] | None = None,
    settings: EndpointSettings | None = None,
    on_false_wake: Callable[[], None] | None = None,
) -> Listener:
    return Listener(
        wake=wake,
        vad=vad or SileroVad(),
        settings=settings or EndpointSettings(),
        recognizer=lambda: recognizer,
        on_event=None if events is None else events.append,
        on_false_wake=on_false_wake,
    )


def real(recognizer: Tape, events: list[ListenEvent] | None = None) -> Listener:
    return listener(recognizer, wake=WakeDetector([hey_jarvis()]), events=events)


def scripted(recognizer: Tape, wakes_at: float, events: list[ListenEvent] | None = None) -> Listener:
    return listener(recognizer, wake=At(wakes_at), vad=Loudness(), events=events)


def heard(listening: Listener, frames: Iterable[Frame]) -> list[Utterance]:
    found = [listening.accept(frame) for frame in frames]
    return [utterance for utterance in [*found, listening.finish()] if utterance is not None]


def script(*stretches: tuple[float, bool]) -> bytes:
    """Speech and silence of so many seconds; every sample of speech is its own offset, so that it can be found."""
    length = round(sum(seconds for seconds, _ in stretches) * 16_000)
    samples, at = (np.arange(length) % 30_000 + 1).astype("<i2"), 0
    for seconds, is_speech in stretches:
        until = at + round(seconds * 16_000)
        if not is_speech:
            samples[at:until] = 0
        at = until
    pcm: bytes = samples.tobytes()
    return pcm


def between(pcm: bytes, began: float, ended: float) -> bytes:
    return pcm[round(began * 16_000) * 2 : round(ended * 16_000) * 2]
