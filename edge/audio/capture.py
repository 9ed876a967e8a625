"""Sound from a file or a pipe, as frames: 20 ms of 16 kHz mono int16, whatever the source is made of.

Every source is a `Source`: iterate it once, in order, to the end. The last frame is filled up with silence, so no
sample is lost. What cannot be played is one `EdgeError` with a stable `audio.*` code. The microphone, the one source
that runs on a clock of its own, lives in `edge.audio.microphone`.
"""

import os
import select
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from edge.core.errors import EdgeError, InputError, MissingError

if TYPE_CHECKING:
    from edge.audio.resample import Signal

RATE = 16_000
"""Hz, of every frame."""
FRAME_SAMPLES = 320
FRAME_BYTES = 2 * FRAME_SAMPLES
RATES = range(4_000, 192_001)
"""Hz; sample rates that sources may have."""

_SECONDS_AT_ONCE = 0.25
_POLL_S = 0.2
_UNKNOWN_FRAMES = 1 << 62
"""libsndfile reports about 2**63 frames for a stream whose header does not tell."""


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of sound: 320 samples, 16 kHz, mono."""

    start: int
    """Offset of its first sample since the stream began."""
    pcm: bytes
    """640 bytes, int16, little-endian."""

    @property
    def end(self) -> int:
        """Offset just after its last sample since the stream began."""
        return self.start + len(self.pcm) // 2


class Source(ABC):
    """Where frames come from. Iterate once; use it in a `with`, or close it when done."""

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Frames in order. Raises EdgeError when the source fails."""

    @abstractmethod
    def close(self) -> None:
        """Release the device or file. May be called twice."""

    @property
    def dropped(self) -> int:
        """Frames lost so far because the reader was too slow; what waits for its reader loses none."""
        return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Framer:
    """Mono sound at one rate, in chunks of any length -> frames."""

    def __init__(self, rate: int = RATE) -> None:
        """rate: Hz, of what comes in. Raises InputError (`audio.rate`) for one outside `RATES`."""
        if rate not in RATES:
            raise InputError(
                "audio.rate", f"a sample rate of {rate} Hz cannot be used; give one from {RATES[0]} to {RATES[-1]} Hz"
            )
        from edge.audio.resample import Resampler

        self._resampler = Resampler(rate, RATE) if rate != RATE else None
        self._pcm = b""
        self._start = 0

    def accept(self, samples: "Signal") -> Iterator[Frame]:
        """Frames that are now complete. samples: float32, -1 to 1, shape (n,); louder ones are clipped."""
        yield from self._cut(to_pcm(self._resampler.accept(samples) if self._resampler else samples))

    def accept_pcm(self, pcm: bytes) -> Iterator[Frame]:
        """As `accept`, of int16, little-endian: whole samples.

        What has the right rate already passes as it is. In a process that sleeps between frames, and so finds its
        caches cold, the way through floats and back would cost more than the wake word does.
        """
        if self._resampler is None:
            yield from self._cut(pcm)
        else:
            yield from self.accept(from_pcm(pcm))

    def finish(self) -> Iterator[Frame]:
        """The frame still open, if there is one, filled up with silence."""
        if self._resampler:
            yield from self._cut(to_pcm(self._resampler.finish()))
        if self._pcm:
            yield self._frame(self._pcm.ljust(FRAME_BYTES, b"\0"))
            self._pcm = b""

    def _cut(self, more: bytes) -> Iterator[Frame]:
        pcm = self._pcm + more
        whole = len(pcm) - len(pcm) % FRAME_BYTES
        # Set before the first yield: whoever stops iterating must not find the same sound twice.
        self._pcm = pcm[whole:]
        for at in range(0, whole, FRAME_BYTES):
            yield self._frame(pcm[at : at + FRAME_BYTES])

    def _frame(self, pcm: bytes) -> Frame:
        frame = Frame(self._start, pcm)
        self._start = frame.end
        return frame


def to_pcm(samples: "Signal") -> bytes:
    """Samples as int16, little-endian; int16 that became float32 comes back bit for bit. NaN becomes silence."""
    import numpy as np

    scaled = np.clip(np.round(samples * 32768.0), -32768, 32767)
    # Not nan_to_num: it asks NumPy for float32's limits, which warns on ARM, where TensorFlow Lite's wheel has
    # subnormal numbers flushed to zero for the whole process.
    pcm: bytes = np.where(np.isnan(scaled), 0, scaled).astype("<i2").tobytes()
    return pcm


def from_pcm(pcm: bytes) -> "Signal":
    """int16, little-endian, as samples from -1 to 1."""
    import numpy as np

    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


class FileSource(Source):
    """A recording: WAV, FLAC or whatever else libsndfile reads; any rate, width and number of channels.

    Read a quarter of a second at a time, so its length does not matter. Channels are averaged. What is left of a
    truncated file is played; then InputError `audio.truncated` says so.
    """

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises InputError (`audio.file_missing`, `audio.unreadable`, `audio.empty`, `audio.not_audio`, `audio.rate`)
        and MissingError (`audio.soundfile_missing`).
        """
        try:
            import soundfile
        except (ImportError, OSError) as error:
            raise MissingError(
                "audio.soundfile_missing", "reading audio files needs soundfile; install it: pip install soundfile"
            ) from error
        self.path = path
        self.rate = 0
        """Hz, as the file has it."""
        self._failure: type[Exception] = soundfile.LibsndfileError
        self._file = _open(path)
        try:
            self._declared_bytes_missing = _wav_is_cut_off(self._file)
            # By descriptor, not by name: libsndfile's guess from the name would take *.raw for sound.
            self._sound = soundfile.SoundFile(self._file.fileno(), closefd=False)
            # soundfile seeks after every read where it can, which fails at the end of a FLAC stream of unknown length.
            self._sound.seekable = lambda: False
            self.rate = self._sound.samplerate
            self._framer = Framer(self.rate)
            if self._sound.frames == 0:
                raise self._empty()
        except soundfile.LibsndfileError as error:
            self._file.close()
            raise InputError(
                "audio.not_audio", f"{path} is not a sound file that can be read; use WAV or FLAC"
            ) from error
        except EdgeError:
            self._file.close()
            raise

    def __iter__(self) -> Iterator[Frame]:
        """Frames to the end. Raises InputError (`audio.truncated`, `audio.empty`) after the last."""
        read, broken = 0, False
        at_once = max(1, int(_SECONDS_AT_ONCE * self._sound.samplerate))
        while not broken:
            try:
                block = self._sound.read(at_once, dtype="float32", always_2d=True)
            except self._failure:
                broken = True
                continue
            if not len(block):
                break
            read += len(block)
            yield from self._framer.accept(block.mean(axis=1) if block.shape[1] > 1 else block[:, 0])
        yield from self._framer.finish()
        short = read < self._sound.frames < _UNKNOWN_FRAMES
        if broken or short or self._declared_bytes_missing:
            raise InputError(
                "audio.truncated",
                f"{self.path} breaks off after {read / self._sound.samplerate:.1f} s; record or copy it again",
            )
        if read == 0:
            raise self._empty()

    def close(self) -> None:
        """Close the file."""
        self._sound.close()
        self._file.close()

    def _empty(self) -> InputError:
        return InputError("audio.empty", f"{self.path} holds no sound; record it again")


def _open(path: Path) -> FileIO:
    try:
        # Unbuffered: libsndfile reads on from where the descriptor itself stands.
        file = path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise InputError("audio.file_missing", f"there is no file {path}; check its name") from error
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise InputError("audio.unreadable", f"{path} cannot be opened ({reason}); give a sound file") from error
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise InputError("audio.empty", f"{path} is empty; record it again")
    return file


def _wav_is_cut_off(file: FileIO) -> bool:
    """Whether a WAV file ends before its data does, which libsndfile silently puts up with.

    A recorder that writes to a pipe cannot know the length and writes 0 or nearly 2**31 or 2**32: not cut off.
    """
    size = os.fstat(file.fileno()).st_size
    header = file.read(12)
    cut_off = False
    if header[:4] == b"RIFF" and header[8:12] == b"WAVE":
        while len(chunk := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", chunk)
            if name == b"data":
                cut_off = length < 0x7FFF_0000 and file.tell() + length > size
                break
            file.seek(length + length % 2, os.SEEK_CUR)
    file.seek(0)
    return cut_off


class PcmSource(Source):
    """Raw sound on a pipe: int16, little-endian, mono."""

    def __init__(self, stream: BinaryIO, *, rate: int = RATE) -> None:
        """stream: blocking; an unbuffered one (io.FileIO) can be closed while it is waited for. rate: Hz.

        Raises InputError (`audio.rate`; `audio.no_input` when the stream is a terminal).
        """
        if stream.isatty():
            raise InputError(
                "audio.no_input", "standard input is a terminal; pipe sound into it, 16 kHz mono int16 without a header"
            )
        self._stream = stream
        self._framer = Framer(rate)
        self._at_once = 2 * (rate * FRAME_SAMPLES // RATE)
        self._closed = False

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the pipe closes.

        Raises InputError: `audio.empty` when nothing came, `audio.not_raw` when a sound file came instead, and
        `audio.truncated`, after the last frame, when the sound stopped in the middle of a sample.
        """
        first, half = True, b""
        while chunk := self._read():
            if first and chunk[:4] in (b"RIFF", b"fLaC", b"OggS", b"FORM"):
                raise InputError(
                    "audio.not_raw", "a sound file came on standard input where raw samples belong; give it as a file"
                )
            first, chunk = False, half + chunk
            whole = len(chunk) - len(chunk) % 2
            half = chunk[whole:]
            yield from self._framer.accept_pcm(chunk[:whole])
        yield from self._framer.finish()
        if first and not self._closed:
            raise InputError("audio.empty", "no sound came on standard input; check the command before the pipe")
        if half:
            raise InputError("audio.truncated", "the sound on standard input stopped in the middle of a sample")

    def _read(self) -> bytes:
        """More sound; nothing at the end of the stream and after `close`."""
        if isinstance(self._stream, FileIO):
            # A thread that waits in read() cannot be ended, nor can the process behind it end in order.
            while not self._closed and not select.select([self._stream], [], [], _POLL_S)[0]:
                pass
        return b"" if self._closed else self._stream.read(self._at_once)

    def close(self) -> None:
        """End after the frame under way; the stream itself stays its owner's."""
        self._closed = True
