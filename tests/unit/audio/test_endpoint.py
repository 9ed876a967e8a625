"""The endpointer, on pairs of seconds and speech; no audio is needed."""

import pytest

from edge.audio.endpoint import Endpointer, EndpointSettings, Event, SpeechBegan, SpeechEnded, SpeechGate
from edge.core.errors import InputError
from edge.core.turn import EndReason

RATE = 16_000
FRAME = 320

Stretch = tuple[float, bool]


def heard(*stretches: Stretch, settings: EndpointSettings | None = None, samples: int = FRAME) -> list[Event]:
    """Events for speech and silence of so many seconds, up to the end of speech."""
    endpointer = Endpointer(settings or EndpointSettings())
    events: list[Event] = []
    for seconds, is_speech in stretches:
        for _ in range(round(seconds * RATE / samples)):
            event = endpointer.accept(1.0 if is_speech else 0.0, samples)
            if event is not None:
                events.append(event)
            if isinstance(event, SpeechEnded):
                return events
    return events


def at(seconds: float) -> int:
    return round(seconds * RATE)


def test_speech_begins_and_silence_ends_it() -> None:
    assert heard((0.5, False), (1.0, True), (2.0, False)) == [
        SpeechBegan(at(0.5)),
        SpeechEnded(at(1.5), EndReason.SILENCE),
    ]


def test_a_pause_within_a_sentence_does_not_end_it() -> None:
    assert heard((0.2, False), (0.4, True), (0.6, False), (0.4, True), (1.0, False)) == [
        SpeechBegan(at(0.2)),
        SpeechEnded(at(1.6), EndReason.SILENCE),
    ]


@pytest.mark.parametrize(("pause", "ends_at"), [(0.68, 1.88), (0.70, 0.5)])
def test_silence_ms_is_exact(pause: float, ends_at: float) -> None:
    events = heard((0.5, True), (pause, False), (0.7, True), (1.0, False))
    assert events[-1] == SpeechEnded(at(ends_at), EndReason.SILENCE)


@pytest.mark.parametrize(
    ("ending", "seconds"), [(1.0, 0.36), (0.5, 0.36), (0.49, 0.7), (0.011, 0.7), (None, 0.7), (0.01, 1.5), (0.0, 1.5)]
)
def test_a_pause_is_as_long_as_the_request_is_unfinished(ending: float | None, seconds: float) -> None:
    endpointer = Endpointer(EndpointSettings())
    for _ in range(50):
        endpointer.accept(1.0, FRAME)
    samples = 0
    while not isinstance(endpointer.accept(0.0, FRAME), SpeechEnded):
        samples += FRAME
        if endpointer.asks:
            assert endpointer.pause == samples >= 0.35 * RATE
            endpointer.expect(ending)
            assert not endpointer.asks
    assert samples + FRAME == pytest.approx(seconds * RATE, abs=FRAME)


def test_each_pause_is_asked_about_anew() -> None:
    endpointer = Endpointer(EndpointSettings())
    asked = 0
    for stretch in (1.0, 0.0) * 3:
        for _ in range(30):
            endpointer.accept(stretch, FRAME)
            if endpointer.asks:
                asked += 1
                endpointer.expect(0.0)
    assert asked == 3


def test_nobody_speaks() -> None:
    assert heard((10, False)) == [SpeechEnded(0, EndReason.NO_SPEECH)]


def test_speech_that_begins_at_the_last_moment_is_heard() -> None:
    assert heard((4.98, False), (0.5, True), (1, False)) == [
        SpeechBegan(at(4.98)),
        SpeechEnded(at(5.48), EndReason.SILENCE),
    ]


def test_a_click_begins_nothing() -> None:
    assert heard((1, False), (0.08, True), (1, False), (0.5, True), (1, False))[0] == SpeechBegan(at(2.08))


def test_a_click_keeps_nothing_open() -> None:
    events = heard((1, True), (0.4, False), (0.06, True), (1, False))
    assert events[-1] == SpeechEnded(at(1), EndReason.SILENCE)


def test_a_click_at_the_end_of_silence_may_still_become_speech() -> None:
    events = heard((1, True), (0.66, False), (0.5, True), (1, False))
    assert events[-1] == SpeechEnded(at(2.16), EndReason.SILENCE)


def test_endless_speech_is_cut() -> None:
    assert heard((1, False), (60, True)) == [SpeechBegan(at(1)), SpeechEnded(at(16), EndReason.MAX_LENGTH)]


def test_endless_noise_under_the_speech_is_cut_too() -> None:
    stretches = [(0.3, True), (0.3, False)] * 100
    assert heard(*stretches)[-1] == SpeechEnded(at(14.7), EndReason.MAX_LENGTH)


def test_speech_from_the_first_sample() -> None:
    assert heard((0.5, True), (1, False))[0] == SpeechBegan(0)


def test_the_size_of_the_pieces_does_not_matter() -> None:
    stretches = ((0.32, False), (0.64, True), (0.32, False), (0.96, True), (1.28, False))
    expected = heard(*stretches, samples=160)
    assert heard(*stretches, samples=320) == heard(*stretches, samples=512) == expected


def test_silence_yields_nothing_without_a_limit_reached() -> None:
    assert heard((4.9, False)) == []


def test_no_minimum_does_not_turn_silence_into_speech() -> None:
    settings = EndpointSettings(min_speech_ms=0)
    assert heard((6, False), settings=settings) == [SpeechEnded(0, EndReason.NO_SPEECH)]
    assert heard((1, False), (0.02, True), (1, False), settings=settings)[0] == SpeechBegan(at(1))


def test_reset_equals_new() -> None:
    endpointer = Endpointer(EndpointSettings())
    for _ in range(20):
        endpointer.accept(1.0, FRAME)
    endpointer.reset()
    events = [endpointer.accept(0.0, FRAME) for _ in range(250)]
    assert events[-1] == SpeechEnded(0, EndReason.NO_SPEECH)
    assert not any(events[:-1])


def test_after_the_end_it_must_be_reset() -> None:
    endpointer = Endpointer(EndpointSettings(no_speech_ms=500))
    for _ in range(25):
        endpointer.accept(0.0, FRAME)
    for _ in range(2):  # refusing changes nothing
        with pytest.raises(RuntimeError, match="reset"):
            endpointer.accept(1.0, FRAME)


def test_the_gate_has_hysteresis() -> None:
    gate = SpeechGate(EndpointSettings(start_threshold=0.5, stop_threshold=0.35))
    assert [gate.accept(p) for p in (0.4, 0.5, 0.4, 0.35, 0.34, 0.4, 0.6)] == [
        False, True, True, True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"silence_ms": 0}, "silence_ms"),
        ({"silence_ms": -700}, "silence_ms"),
        ({"no_speech_ms": 10**9}, "no_speech_ms"),
        ({"max_ms": 12.5}, "max_ms"),
        ({"max_ms": True}, "max_ms"),
        ({"min_speech_ms": 5000}, "min_speech_ms"),
        ({"start_threshold": 1.5}, "start_threshold"),
        ({"start_threshold": float("nan")}, "start_threshold"),
        ({"stop_threshold": "high"}, "stop_threshold"),
        ({"start_threshold": 0.3, "stop_threshold": 0.4}, "stop_threshold"),
        ({"max_ms": 1500, "late_ms": 1500}, "max_ms"),
        ({"early_ms": 701}, "early_ms"),
        ({"late_ms": 699}, "late_ms"),
    ],
)
def test_settings_that_cannot_be(values: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named) as caught:
        EndpointSettings(**values)  # type: ignore[arg-type]
    assert caught.value.code == "endpoint.settings"
