"""The level meter: real recordings, made too soft, too loud, muted and crooked, each with the one thing to do."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from edge.audio.capture import Framer, to_pcm
from edge.audio.vad import SileroVad
from edge.cli import main
from edge.doctor import Check, Health
from edge.doctor.level import Level, Meter, bar, verdict

RECORDING = Path(__file__).parents[2] / "golden" / "audio" / "turn_on_the_kitchen_light.flac"

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def speech() -> Sound:
    """A request in a room that is as quiet as rooms are."""
    samples, _ = soundfile.read(RECORDING, dtype="float32")
    noise = np.random.default_rng(1).normal(0, 10 ** (-55 / 20), len(samples))
    return (samples + noise).astype(np.float32)


def level(samples: Sound, *, elapsed_s: float | None = None) -> Level:
    meter = Meter(SileroVad())
    for frame in Framer().accept_pcm(to_pcm(samples)):
        meter.accept(frame)
    return meter.level(elapsed_s=elapsed_s)


def judged(samples: Sound) -> tuple[Health, str]:
    check = verdict(level(samples))
    assert bool(check.advice) is (check.status is not Health.OK)
    return check.status, check.found.partition(" (")[0]


def test_good_speech_is_good(speech: Sound) -> None:
    assert judged(speech) == (Health.OK, "good")
    found = level(speech)
    assert found.speech_db is not None
    assert -24 < found.speech_db < -18
    assert -57 < found.noise_db < -53


def test_soft_and_loud(speech: Sound) -> None:
    assert judged(speech / 16) == (Health.WARN, "speech is soft")
    assert judged(np.clip(speech * 16, -1, 1)) == (Health.WARN, "too loud: it clips")
    assert verdict(Level(3, -1, -50, -8, 0.0, 0.0)).found.startswith("speech is nearly too loud")


def test_in_the_noise_of_a_kitchen(speech: Sound) -> None:
    assert verdict(Level(3, -10, -28, -20, 0.0, 0.0)).found.startswith("speech hardly stands out from the noise")


def test_muted_or_nothing(speech: Sound) -> None:
    for silence in (np.zeros_like(speech), np.full_like(speech, 1 / 65536)):
        status, found = judged(silence)
        assert (status, found) == (Health.FAIL, "nothing but silence: it is muted, or the wrong one")
    assert judged(speech[:0]) == (Health.FAIL, "no sound came")


def test_nobody_spoke(speech: Sound) -> None:
    assert judged(np.random.default_rng(2).normal(0, 0.002, 48_000).astype(np.float32))[1] == "nobody spoke"


def test_an_offset(speech: Sound) -> None:
    assert judged(speech * 0.5 + 0.1) == (Health.WARN, "it has an offset of +10% of full scale")
    assert level(speech * 0.5 + 0.1).speech_db == pytest.approx(level(speech * 0.5).speech_db, abs=2)


@pytest.mark.parametrize(("pace", "rate"), [(3.0, 48_000), (2.756, 44_100), (0.5, 8_000)])
def test_a_rate_that_is_taken_for_another(speech: Sound, pace: float, rate: int) -> None:
    check = verdict(level(speech, elapsed_s=len(speech) / 16_000 / pace))
    assert (check.status, check.advice) == (Health.FAIL, f"set audio.rate to {rate}")


def test_a_pipe_that_is_read_at_once_tells_nothing_of_its_rate(speech: Sound) -> None:
    assert verdict(level(speech, elapsed_s=0.01)).status is Health.OK


def test_the_bar() -> None:
    assert bar(-60, -60, 10) == " " * 10
    assert bar(0, 0, 10) == "█" * 10
    assert bar(-60, 0, 10) == "         │"
    assert all(len(bar(db, peak, 10)) == 10 for db in range(-100, 1, 7) for peak in range(db, 1, 7))


class TestCommand:
    def test_a_recording(self, tmp_path: Path, speech: Sound, capsys: pytest.CaptureFixture[str]) -> None:
        wav = tmp_path / "a.wav"
        soundfile.write(wav, speech, 16_000)
        assert main(["doctor", "--file", str(wav)]) == 0
        assert "microphone level  good" in capsys.readouterr().out

    def test_one_of_a_telephone(self, tmp_path: Path, speech: Sound, capsys: pytest.CaptureFixture[str]) -> None:
        wav = tmp_path / "a.wav"
        soundfile.write(wav, speech[::2], 8_000)
        assert main(["doctor", "--json", "--file", str(wav)]) == 0
        assert "record it at 16,000 Hz or more" in capsys.readouterr().out

    def test_a_silent_one(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        wav = tmp_path / "a.wav"
        soundfile.write(wav, np.zeros(32_000), 16_000)
        assert main(["doctor", "--file", str(wav)]) == 1
        assert "unmute it" in capsys.readouterr().out

    def test_what_is_no_sound(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "a.wav").write_text("no sound")
        assert main(["doctor", "--file", str(tmp_path / "a.wav")]) == 2


def test_the_finding_has_its_figures() -> None:
    assert verdict(Level(3, -10, -60, -20, 0.0, 0.0)) == Check(
        "microphone level",
        Health.OK,
        "good (speech -20 dB, noise -60 dB, peak -10 dB, clipped 0.0%, offset +0.0%, 3.0 s)",
    )
