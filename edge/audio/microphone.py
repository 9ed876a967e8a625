"""Sound from a microphone, as frames at its own pace.

PortAudio calls back on a thread of its own and must never be kept waiting, so the frames pass through a bounded queue.
A reader that falls behind loses the oldest sound first, and the loss is counted.
"""

import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from edge.audio.capture import FRAME_SAMPLES, RATE, Frame, Framer, Source
from edge.core.errors import MissingError, UnreachableError
from edge.core.portaudio import renew

QUEUE_FRAMES = 250
"""5 s: a recogniser may stall the reader for so long before sound is lost."""
SILENT_SECONDS = 2.0
"""A microphone that delivers nothing for so long has gone away: even silence is delivered, as zeros."""
SLEPT_SECONDS = 1.0
"""A machine that was suspended for so long: what is queued is from before, and the sound system may be stuck."""
_CARD = re.compile(r"\s*\((plug)?hw:[^)]*\)$")


def suspended_s() -> float:
    """Seconds that the machine has slept since it was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


class FrameQueue:
    """Bounded, between one writer and one reader on different threads; when full, the oldest frame goes."""

    def __init__(self, capacity: int = QUEUE_FRAMES) -> None:
        """capacity: frames. Raises ValueError under 1."""
        if capacity < 1:
            raise ValueError("a queue holds at least one frame")
        self._frames: deque[Frame] = deque()
        self._capacity = capacity
        self._dropped = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, frame: Frame) -> None:
        """Add a frame, never waiting; after `close` it goes nowhere."""
        with self._changed:
            if self._closed:
                return
            if len(self._frames) == self._capacity:
                self._frames.popleft()
                self._dropped += 1
            self._frames.append(frame)
            self._changed.notify()

    def get(self, timeout: float) -> Frame | None:
        """The oldest frame; None when none came within `timeout` seconds, or the queue is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._closed, timeout)
            return self._frames.popleft() if self._frames else None

    def close(self) -> None:
        """Wake the reader; what is queued can still be read."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def dropped(self) -> int:
        """Frames lost so far because the reader was too slow."""
        return self._dropped

    def __len__(self) -> int:
        return len(self._frames)


class MicrophoneSource(Source):
    """A microphone, at 16 kHz where it can and resampled from its own rate where it cannot."""

    def __init__(
        self,
        device: str | int | None = None,
        *,
        rate: int | None = None,
        queue_frames: int = QUEUE_FRAMES,
        suspended_s: Callable[[], float] = suspended_s,
    ) -> None:
        """Open the microphone; it records from the first iteration on.

        device: part of its name, its number, or None for the system's default. rate: Hz to open it with; None tries
        16 kHz and then the device's own. queue_frames: how many may wait for the reader. suspended_s: how long the
        machine has slept so far. Raises MissingError
        (`audio.sounddevice_missing`, `audio.portaudio_missing`), UnreachableError (`audio.microphone_missing`,
        `audio.microphone_refused`) and InputError (`audio.rate`).
        """
        sounddevice = _sounddevice()
        if isinstance(device, str) and device.strip().isdigit():
            device = int(device)
        self._queue = FrameQueue(queue_frames)
        self._stopped = False
        self._suspended_s = suspended_s
        self.overflows = 0
        """How often the sound system itself lost sound before it came here."""
        try:
            with _quiet():
                info = sounddevice.query_devices(device, "input")
        except (ValueError, sounddevice.PortAudioError) as error:
            raise _no_microphone(device) from error
        self.name = str(info["name"])
        native = round(float(info["default_samplerate"]))
        self._stream = self._open(sounddevice, device, (RATE, native) if rate is None else (rate,))

    def _open(self, sounddevice: Any, device: str | int | None, rates: Sequence[int]) -> Any:
        """The stream at the first of the rates that the device takes."""
        refusals = []
        for rate in dict.fromkeys(rates):
            self._framer = Framer(rate)
            try:
                with _quiet():
                    return sounddevice.RawInputStream(
                        samplerate=rate,
                        blocksize=rate * FRAME_SAMPLES // RATE,
                        device=device,
                        channels=1,
                        dtype="int16",
                        callback=self._receive,
                        finished_callback=self._queue.close,
                    )
            except sounddevice.PortAudioError as error:
                refusals.append(error)
        tried = " or ".join(f"{rate} Hz" for rate in dict.fromkeys(rates))
        raise UnreachableError(
            "audio.microphone_refused",
            f"the microphone {self.name} cannot be opened at {tried}; close the program that uses it or choose another",
        ) from refusals[-1]

    def _receive(self, block: Any, _frames: int, _time: Any, status: Any) -> None:
        if status.input_overflow:
            self.overflows += 1
        for frame in self._framer.accept_pcm(bytes(block)):
            self._queue.put(frame)

    def __iter__(self) -> Iterator[Frame]:
        """Frames until `close`.

        Raises UnreachableError when the microphone goes away (`audio.microphone_lost`), and when the machine has slept
        (`audio.slept`): then it is to be opened anew.
        """
        failures = _sounddevice().PortAudioError
        try:
            with _quiet():
                self._stream.start()
        except failures as error:
            raise self._lost() from error
        slept = self._suspended_s()
        while not self._stopped:
            frame = self._queue.get(SILENT_SECONDS)
            if self._suspended_s() - slept > SLEPT_SECONDS and not self._stopped:
                raise UnreachableError("audio.slept", f"the machine has slept; the microphone {self.name} is reopened")
            if frame is not None:
                yield frame
            elif not self._stopped:
                raise self._lost()

    def close(self) -> None:
        """Stop recording; the iteration ends."""
        self._stopped = True
        self._queue.close()
        with _quiet():
            self._stream.close(ignore_errors=True)

    @property
    def dropped(self) -> int:
        """Frames lost so far because the reader was too slow; a gap in `Frame.start` shows where."""
        return self._queue.dropped

    def _lost(self) -> UnreachableError:
        return UnreachableError(
            "audio.microphone_lost",
            f"the microphone {self.name} has stopped delivering sound; check its plug and start again",
        )


class Microphones:
    """Opens one microphone again and again: the same, whatever number it has by then.

    A device that is plugged in anew may get another number, and that of the card is part of ALSA's name for it too. So
    what was opened first is looked for by the rest of its name; the default stays what the system takes for it.
    """

    def __init__(self, device: str | int | None, *, rate: int | None, queue_frames: int) -> None:
        """As of `MicrophoneSource`."""
        self._device = device
        self._rate, self._queue_frames = rate, queue_frames
        self._name = ""
        self._opened = False

    def __call__(self) -> MicrophoneSource:
        """Open it. From the second time on PortAudio lists its devices anew. Raises as `MicrophoneSource` does."""
        device = self._device
        if self._opened:
            renew(_initialise)
            device = self._again()
        self._opened = True
        source = MicrophoneSource(device, rate=self._rate, queue_frames=self._queue_frames)
        self._name = _bare(source.name)
        return source

    def _again(self) -> str | int | None:
        """What to open it by now. Raises UnreachableError where it is not there."""
        if self._device is None or not self._name:
            return self._device
        named = [number for number, name in _inputs() if _bare(name) == self._name]
        if not named:
            # Another device may have its number by now, and nobody has chosen that.
            raise _no_microphone(self._name)
        number = str(self._device).strip()
        return int(number) if number.isdigit() and int(number) in named else named[0]


def _bare(name: str) -> str:
    """A device's name without the number of its card.

    >>> _bare("USB Audio: - (hw:1,0)")
    'USB Audio: -'
    """
    return _CARD.sub("", name)


def _inputs() -> list[tuple[int, str]]:
    """Number and name of every microphone."""
    sounddevice = _sounddevice()
    with _quiet():
        return [(n, str(i["name"])) for n, i in enumerate(sounddevice.query_devices()) if i["max_input_channels"] > 0]


def _initialise() -> None:
    sounddevice = _sounddevice()
    with _quiet():
        sounddevice._terminate()  # noqa: SLF001 - documented, for the want of another way to list devices again
        sounddevice._initialize()  # noqa: SLF001


def microphones() -> tuple[str, ...]:
    """The microphones there are, as `number: name`. Raises MissingError as `MicrophoneSource` does."""
    return tuple(f"{number}: {name}" for number, name in _inputs())


def _no_microphone(device: str | int | None) -> UnreachableError:
    if not (inputs := microphones()):
        message = "no microphone was found; plug one in, or give a sound file"
    elif device is None:
        message = f"there is no default microphone; choose one by number or name: {', '.join(inputs)}"
    else:
        message = f"{device!r} is not one microphone; choose one by number or name: {', '.join(inputs)}"
    return UnreachableError("audio.microphone_missing", message)


def _sounddevice() -> Any:
    """The sounddevice module. Raises MissingError."""
    try:
        with _quiet():
            import sounddevice
    except ImportError as error:
        raise MissingError(
            "audio.sounddevice_missing", "the microphone needs sounddevice; install it: pip install sounddevice"
        ) from error
    except OSError as error:  # what sounddevice raises when it finds no PortAudio
        raise MissingError(
            "audio.portaudio_missing", "the microphone needs PortAudio; install it: sudo apt install libportaudio2"
        ) from error
    return sounddevice


_QUIET = threading.RLock()


@contextmanager
def _quiet() -> Iterator[None]:
    """Send standard error nowhere: ALSA writes a page to it, from C, about devices that nobody asked for."""
    with _QUIET:  # of two at once, the one that began later would put back the other's nowhere
        try:
            kept = os.dup(2)
        except OSError:  # closed already, so quiet already
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
