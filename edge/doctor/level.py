"""How loud a microphone is: speech, noise, and what is wrong with either, with the one thing to do about it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from edge.doctor.finding import Check, Health

if TYPE_CHECKING:
    from edge.audio.capture import Frame

SILENT_DB = -90.0
"""Below this there is nothing but the last bit: not even a quiet room is so quiet."""
SOFT_DB, LOUD_DB = -42.0, -9.0
"""Of speech, RMS: what lies between wakes the hub as it should."""
LEAST_SNR_DB = 10.0
"""Of speech over the noise: below it the wake word is missed more often (README, Figures)."""
_CLIPPED = 32_700
_CLIPPED_SHARE = 0.001
"""Of the samples: a single crack is no reason to turn it down."""
_MOST_DC = 0.02
"""Of full scale."""
_SPEECH = 0.6
"""Probability from which 20 ms are speech."""
_LEAST_SPEECH = 15
"""Frames, 0.3 s."""
_PACE = (0.9, 1.12)
"""Sound for a second of time; a rate that is taken for another is off by 1.09 (44.1 for 48 kHz) at the least."""
_PACE_S = 1.0
_FLOOR_DB = -100.0


class Vad(Protocol):
    """Tells speech from other sound."""

    def accept(self, pcm: bytes) -> float:
        """Probability of speech, 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class Level:
    """What a microphone delivered, in dB below full scale (RMS)."""

    seconds: float
    peak_db: float
    noise_db: float
    """A tenth of the time it is softer, of the time that nobody spoke in."""
    speech_db: float | None
    """None: nobody spoke."""
    dc: float
    """Mean of the samples, of full scale."""
    clipped: float
    """Share of the samples that are as loud as can be."""
    rate: int | None = None
    """Hz, as a recording's header has it."""
    elapsed_s: float | None = None
    """Time that it took to come, of a live source."""


class Meter:
    """Frames in, a level out."""

    def __init__(self, vad: Vad) -> None:
        self._vad = vad
        self._speech: list[float] = []
        self._other: list[float] = []
        self._peak = self._clipped = self._samples = 0
        self._sum = 0.0

    def accept(self, frame: "Frame") -> float:
        """The level of these 20 ms, for a display: dB below full scale."""
        import numpy as np

        samples = np.frombuffer(frame.pcm, "<i2").astype(np.float64)
        loud = np.abs(samples)
        self._peak = max(self._peak, int(loud.max()))
        self._clipped += int((loud >= _CLIPPED).sum())
        self._samples += len(samples)
        self._sum += float(samples.sum())
        # An offset is no sound: it is told apart.
        power = float(samples.var())
        (self._speech if self._vad.accept(frame.pcm) >= _SPEECH else self._other).append(power)
        return _db(power)

    def level(self, *, rate: int | None = None, elapsed_s: float | None = None) -> Level:
        """Of everything so far; rate, elapsed_s: as of `Level`."""
        import numpy as np

        spoken = len(self._speech) >= _LEAST_SPEECH
        quiet = self._other or self._speech or [0.0]
        return Level(
            seconds=self._samples / 16_000,
            peak_db=20 * math.log10(self._peak / 32768) if self._peak else _FLOOR_DB,
            noise_db=_db(float(np.percentile(quiet, 10))),
            speech_db=_db(float(np.mean(self._speech))) if spoken else None,
            dc=self._sum / max(1, self._samples) / 32768,
            clipped=self._clipped / max(1, self._samples),
            rate=rate,
            elapsed_s=elapsed_s,
        )


def verdict(level: Level) -> Check:
    """What is most wrong with it, in plain words, and the one thing to do."""

    def told(status: Health, what: str, advice: str = "") -> Check:
        return Check("microphone level", status, f"{what} ({figures(level)})", advice)

    pace = level.seconds / level.elapsed_s if level.elapsed_s else None
    if not level.seconds:
        return told(Health.FAIL, "no sound came", "check the plug, and that arecord records")
    if level.peak_db < SILENT_DB:
        advice = "unmute it: alsamixer (F4, then M) with ALSA, wpctl set-mute @DEFAULT_SOURCE@ 0 with PipeWire"
        return told(Health.FAIL, "nothing but silence: it is muted, or the wrong one", advice)
    if level.elapsed_s is not None and level.elapsed_s >= _PACE_S and pace and not _PACE[0] <= pace <= _PACE[1]:
        said = f"{pace:.2f} s of sound come in a second: its rate is not what it is taken for"
        return told(Health.FAIL, said, f"set audio.rate to {_likely(pace)}")
    if level.rate is not None and level.rate < 16_000:
        said = f"it was recorded at {level.rate:,} Hz, which lacks what the wake word is told by"
        return told(Health.WARN, said, "record it at 16,000 Hz or more")
    if level.clipped > _CLIPPED_SHARE:
        return told(Health.WARN, "too loud: it clips", "turn the microphone's gain down, by 10 dB to begin with")
    if abs(level.dc) > _MOST_DC:
        said = f"it has an offset of {level.dc:+.0%} of full scale"
        return told(Health.WARN, said, "try another microphone or port: this one's electronics are at fault")
    if level.speech_db is None:
        return told(
            Health.WARN, "nobody spoke", "run it again, and speak as you would to the hub, from where you would"
        )
    if level.speech_db < SOFT_DB:
        return told(Health.WARN, "speech is soft", "turn the microphone's gain up, or bring it nearer")
    if level.speech_db - level.noise_db < LEAST_SNR_DB:
        return told(Health.WARN, "speech hardly stands out from the noise", "bring the microphone away from the noise")
    if level.speech_db > LOUD_DB:
        return told(Health.WARN, "speech is nearly too loud", "turn the microphone's gain down by 6 dB")
    return told(Health.OK, "good")


def figures(level: Level) -> str:
    """The figures in one line."""
    speech = "none" if level.speech_db is None else f"{level.speech_db:.0f} dB"
    return (
        f"speech {speech}, noise {level.noise_db:.0f} dB, peak {level.peak_db:.0f} dB, "
        f"clipped {level.clipped:.1%}, offset {level.dc:+.1%}, {level.seconds:.1f} s"
    )


def bar(db: float, peak_db: float, width: int = 40) -> str:
    """A level as a bar from -60 to 0 dB, with the loudest so far.

    >>> bar(-30, -12, 20)
    '██████████      │   '
    """
    filled, mark = (min(width, max(0, round((value + 60) / 60 * width))) for value in (db, peak_db))
    cells = ["█" if at < filled else " " for at in range(width)]
    if mark > filled:
        cells[mark - 1 if mark == width else mark] = "│"
    return "".join(cells)


def _likely(pace: float, rates: Sequence[int] = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000)) -> int:
    """Hz that a source taken for 16 kHz has, which delivers so much sound in a second."""
    return min(rates, key=lambda rate: abs(math.log(rate / 16_000 / pace)))


def _db(power: float) -> float:
    """Decibels below full scale. power: mean square of int16 samples."""
    return max(_FLOOR_DB, 10 * math.log10(power / 32768**2)) if power > 0 else _FLOOR_DB
