"""The microphone, without one: the real PortAudio of this machine, and a stand-in for what it does with a device."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sounds import frames_of, silence, tone

from edge.audio import microphone
from edge.audio.capture import Frame, from_pcm, to_pcm
from edge.audio.microphone import FrameQueue, MicrophoneSource
from edge.core.errors import InputError, MissingError, UnreachableError

NUMBERED = frames_of(bytes(640 * 10))


class TestQueue:
    def test_first_in_first_out(self) -> None:
        queue = FrameQueue(10)
        for frame in NUMBERED:
            queue.put(frame)
        assert [queue.get(0) for _ in NUMBERED] == NUMBERED
        assert queue.get(0) is None
        assert queue.dropped == 0

    def test_the_oldest_goes_and_is_counted(self) -> None:
        queue = FrameQueue(3)
        for frame in NUMBERED:
            queue.put(frame)
        assert (len(queue), queue.dropped) == (3, 7)
        assert [queue.get(0) for _ in range(3)] == NUMBERED[7:]

    def test_after_closing_what_is_there_can_still_be_read(self) -> None:
        queue = FrameQueue(3)
        queue.put(NUMBERED[0])
        queue.close()
        queue.put(NUMBERED[1])
        assert queue.get(60) == NUMBERED[0]
        assert queue.get(60) is None

    def test_it_holds_something(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            FrameQueue(0)


class PortAudioError(Exception):
    """As sounddevice names it."""


class Stream:
    """A stream that delivers its blocks when it is started, as from PortAudio's thread."""

    def __init__(self, callback: Callable[..., None], finished: Callable[[], None], blocks: list[bytes]) -> None:
        self._callback, self._finished, self._blocks = callback, finished, blocks
        self.closed = False

    def start(self) -> None:
        for number, block in enumerate(self._blocks):
            overflow = SimpleNamespace(input_overflow=number == 1)
            self._callback(memoryview(block), len(block) // 2, None, overflow)
        self._finished()

    def close(self, ignore_errors: bool = True) -> None:
        self.closed = True


class SoundDevice:
    """What of sounddevice is used, with one microphone and one loudspeaker."""

    PortAudioError = PortAudioError

    def __init__(self, accepts: set[int], pcm: bytes) -> None:
        self._accepts, self._pcm = accepts, pcm
        self.opened: list[tuple[int, int]] = []

    def query_devices(self, device: Any = None, kind: str | None = None) -> Any:
        devices = [
            {"name": "Loud Speaker", "max_input_channels": 0, "default_samplerate": 48_000.0},
            {"name": "USB Microphone", "max_input_channels": 2, "default_samplerate": 48_000.0},
        ]
        if kind is None:
            return devices
        if device in (None, 1, "usb"):
            return devices[1]
        raise ValueError("No input device matching")

    def RawInputStream(  # noqa: N802 - sounddevice names it so
        self, *, samplerate: int, blocksize: int, callback: Any, finished_callback: Any, **_: Any
    ) -> Stream:
        if samplerate not in self._accepts:
            raise PortAudioError("Invalid sample rate")
        self.opened.append((samplerate, blocksize))
        size = 2 * blocksize
        blocks = [self._pcm[at : at + size] for at in range(0, len(self._pcm), size)]
        return Stream(callback, finished_callback, blocks)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., SoundDevice]:
    def install(accepts: set[int], pcm: bytes = b"") -> SoundDevice:
        device = SoundDevice(accepts, pcm)
        monkeypatch.setitem(sys.modules, "sounddevice", device)  # type: ignore[arg-type]
        return device

    return install


def until_lost(source: MicrophoneSource) -> list[Frame]:
    frames: list[Frame] = []
    with pytest.raises(UnreachableError) as caught:
        frames.extend(source)
    assert caught.value.code == "audio.microphone_lost"
    return frames


class TestDevice:
    def test_frames_come_as_recorded(self, fake: Callable[..., SoundDevice]) -> None:
        pcm = to_pcm(tone(440, 0.2, 16_000))
        device = fake({16_000}, pcm)
        frames = until_lost(MicrophoneSource("usb"))
        assert frames == frames_of(pcm)
        assert device.opened == [(16_000, 320)]

    def test_its_own_rate_when_it_refuses_16_khz(self, fake: Callable[..., SoundDevice]) -> None:
        device = fake({48_000}, to_pcm(tone(440, 1.0, 48_000)))
        made = from_pcm(b"".join(frame.pcm for frame in until_lost(MicrophoneSource())))
        assert device.opened == [(48_000, 960)]
        assert np.max(np.abs(made - tone(440, 1.0, 16_000)[: len(made)])[800:]) < 1e-3

    def test_a_rate_that_was_asked_for(self, fake: Callable[..., SoundDevice]) -> None:
        device = fake({16_000, 44_100})
        MicrophoneSource(1, rate=44_100).close()
        assert device.opened == [(44_100, 882)]

    def test_no_rate_is_taken(self, fake: Callable[..., SoundDevice]) -> None:
        fake(set())
        with pytest.raises(UnreachableError, match="16000 Hz or 48000 Hz") as caught:
            MicrophoneSource("1")
        assert caught.value.code == "audio.microphone_refused"

    def test_a_rate_that_cannot_be(self, fake: Callable[..., SoundDevice]) -> None:
        fake({16_000})
        with pytest.raises(InputError) as caught:
            MicrophoneSource(rate=1)
        assert caught.value.code == "audio.rate"

    @pytest.mark.parametrize("wanted", ["headset", 0, "7"])
    def test_an_absent_one_names_those_there_are(self, fake: Callable[..., SoundDevice], wanted: str | int) -> None:
        fake({16_000})
        with pytest.raises(UnreachableError, match="1: USB Microphone") as caught:
            MicrophoneSource(wanted)
        assert caught.value.code == "audio.microphone_missing"
        assert "Loud Speaker" not in str(caught.value)

    def test_they_are_listed(self, fake: Callable[..., SoundDevice]) -> None:
        fake({16_000})
        assert microphone.microphones() == ("1: USB Microphone",)

    def test_a_slow_reader_loses_the_oldest(self, fake: Callable[..., SoundDevice]) -> None:
        fake({16_000}, silence(0.2))
        source = MicrophoneSource(queue_frames=4)
        assert [frame.start for frame in until_lost(source)] == [320 * n for n in range(6, 10)]
        assert (source.dropped, source.overflows) == (6, 1)

    def test_closing_ends_it_without_an_error(self, fake: Callable[..., SoundDevice]) -> None:
        fake({16_000}, silence(0.2))
        with MicrophoneSource() as source:
            for _ in source:
                source.close()

    def test_after_a_suspend_it_is_to_be_opened_anew(self, fake: Callable[..., SoundDevice]) -> None:
        fake({16_000}, silence(0.2))
        slept = iter([7.0, 7.0, 7.5, 9.0])
        frames: list[Frame] = []
        with pytest.raises(UnreachableError) as caught:
            frames.extend(MicrophoneSource(suspended_s=lambda: next(slept)))
        assert caught.value.code == "audio.slept"
        assert len(frames) == 2, "what was queued before it slept is not listened to"


class TestThisMachine:
    def test_sound_works_or_one_sentence_says_why_not(self) -> None:
        pytest.importorskip("sounddevice", exc_type=OSError)
        with pytest.raises(UnreachableError, match=r"no microphone was found|choose one by number or name") as caught:
            MicrophoneSource("no such microphone")
        assert caught.value.code == "audio.microphone_missing"

    def test_alsa_writes_nothing(self, capfd: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip("sounddevice", exc_type=OSError)
        with pytest.raises(UnreachableError):
            MicrophoneSource("no such microphone")
        assert capfd.readouterr() == ("", "")

    def test_without_sounddevice_it_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "sounddevice", None)
        with pytest.raises(MissingError, match="pip install sounddevice") as caught:
            MicrophoneSource()
        assert caught.value.code == "audio.sounddevice_missing"

    def test_without_portaudio_it_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Broken:
            def find_spec(self, name: str, *_: object) -> None:
                if name == "sounddevice":
                    raise OSError("PortAudio library not found")

        monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
        monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
        with pytest.raises(MissingError, match="libportaudio2") as caught:
            MicrophoneSource()
        assert caught.value.code == "audio.portaudio_missing"
