"""The decision of two models together, on hand-written scores: when to look, what to believe, when to fire again."""

from collections.abc import Iterator, Sequence
from threading import Thread

import pytest
from sounds import frames_of, silence

from edge.audio.wake import LATE_MS, WAIT_MS, Detection, WakeCounts, WakeDetector, WakeRule, WakeWord, joint

RULE = WakeRule(near=0.2, both=0.5, sure=0.99)


class First:
    """Gives one score a frame, as told."""

    def __init__(self, *scores: float, phrase: str = "a", threshold: float = 0.9) -> None:
        self.phrase, self.threshold = phrase, threshold
        self._scores = list(scores)
        self._at = 0

    def accept(self, pcm: bytes) -> float:
        self._at += 1
        return self._scores[self._at - 1] if self._at <= len(self._scores) else 0.0

    def reset(self) -> None:
        self._at = 0


class Second:
    """Gives the scores it is told, one for every piece of sound of one look, and remembers what it was given."""

    def __init__(self, *scores: float) -> None:
        self._scores = scores
        self.given: list[tuple[int, int]] = []
        self.pieces: list[int] = []

    def look(self, pcm: bytes, back_ms: int) -> "Second":
        self.given.append((len(pcm) // 640, back_ms))
        self._left = list(self._scores)
        return self

    def accept(self, pcm: bytes = b"") -> Iterator[float]:
        self.pieces.append(len(pcm) // 640)
        if self._left:
            yield self._left.pop(0)


def cascade(first: First, second: Second | None, rule: WakeRule = RULE, refractory_ms: int = 0) -> WakeDetector:
    return WakeDetector([WakeWord(first, second, rule)], refractory_ms=refractory_ms)


def run(detector: WakeDetector, frames: int) -> list[tuple[int, Detection]]:
    found = [(n, detector.accept(frame)) for n, frame in enumerate(frames_of(silence(0.02 * frames)))]
    return [(n, detection) for n, detection in found if detection is not None]


class TestJoint:
    def test_two_that_agree_agree(self) -> None:
        assert joint(0.7, 0.7) == pytest.approx(0.7)

    def test_the_second_counts_more(self) -> None:
        assert joint(0.2, 0.8) > 0.5 > joint(0.8, 0.2)

    def test_neither_has_a_veto_nor_breaks_it(self) -> None:
        assert 0 < joint(0.0, 0.5) < 0.5 < joint(1.0, 0.5) < 1
        assert joint(0.0, 0.0) < 0.001
        assert joint(1.0, 1.0) > 0.999

    @pytest.mark.parametrize("fixed", [0.0, 0.1, 0.9, 1.0])
    def test_more_of_either_is_never_less(self, fixed: float) -> None:
        steps = [n / 50 for n in range(51)]
        assert [joint(fixed, s) for s in steps] == sorted(joint(fixed, s) for s in steps)
        assert [joint(s, fixed) for s in steps] == sorted(joint(s, fixed) for s in steps)


class TestDecision:
    def test_what_is_certain_passes_at_once_and_is_not_looked_at(self) -> None:
        second = Second(0.0)
        detector = cascade(First(0.0, 0.1, 0.5, 0.995), second)
        assert run(detector, 6) == [(3, Detection("a", 0.995, 4 * 320))]
        assert second.given == []
        assert detector.counts == WakeCounts(wakes=1)

    def test_a_near_miss_that_the_second_confirms(self) -> None:
        second = Second(0.9)
        detector = cascade(First(0.1, 0.3, 0.4, 0.3), second)
        (found,) = run(detector, 10)
        assert found == (4, Detection("a", joint(0.4, 0.9), 3 * 320))  # two frames after the peak, told of the peak
        assert second.given == [(5, 80 + 60)]  # everything up to now, back to before it came near
        assert detector.counts == WakeCounts(wakes=1, verified=1)

    def test_at_sample_is_where_the_first_reached_its_own_threshold(self) -> None:
        detector = cascade(First(0.5, 0.92, 0.95, 0.97, 0.97, 0.97), Second(0.9))
        ((at, found),) = run(detector, 10)
        assert (at, found.at_sample) == (5, 2 * 320)

    def test_what_the_second_does_not_confirm_is_rejected_in_time(self) -> None:
        second = Second(*[0.1] * 20)
        detector = cascade(First(0.0, 0.95), second)
        assert run(detector, 100) == []
        assert detector.counts == WakeCounts(rejected=1)
        assert sum(second.pieces) * 20 <= WAIT_MS
        assert len(second.pieces) == 1 + (WAIT_MS - 40) // 80 + 1

    def test_the_second_may_change_its_mind_while_the_sound_goes_on(self) -> None:
        second = Second(0.1, 0.1, 0.9)
        detector = cascade(First(0.0, 0.95), second)
        ((at, found),) = run(detector, 60)
        assert second.pieces == [0, 4, 4]
        assert (at, found.at_sample) == (1 + 2 + 8, 2 * 320)

    def test_certain_in_the_middle_of_a_look(self) -> None:
        detector = cascade(First(0.5, 0.5, 0.5, 0.5, 0.6, 0.995), Second(*[0.0] * 9))
        ((at, found),) = run(detector, 60)
        assert (at, found.score) == (5, 0.995)

    def test_a_long_rise_is_told_of_at_most_so_late(self) -> None:
        rise = [0.91 + n / 1000 for n in range(60)]
        detector = cascade(First(*rise), Second(0.9))
        ((at, found),) = run(detector, 90)
        assert (at + 1) * 320 - found.at_sample == LATE_MS * 16

    def test_the_word_right_after_something_rejected_is_heard(self) -> None:
        first = First(*[0.3] * 30, 0.6, 0.9, 0.995)  # never falls in between
        detector = cascade(first, Second(*[0.0] * 9))
        assert [n for n, _ in run(detector, 60)] == [32]

    def test_what_was_rejected_and_goes_on_is_not_looked_at_again(self) -> None:
        second = Second(*[0.0] * 9)
        detector = cascade(First(*[0.3] * 200), second)
        assert run(detector, 200) == []
        assert len(second.given) == 1

    def test_after_falling_it_is_looked_at_again(self) -> None:
        second = Second(*[0.0] * 9)
        run(cascade(First(*[0.3] * 30, 0.05, *[0.3] * 30), second), 100)
        assert len(second.given) == 2

    def test_once_for_one_word(self) -> None:
        detector = cascade(First(*[0.95] * 100), Second(0.9))
        assert len(run(detector, 100)) == 1

    def test_in_the_refractory_time_nothing_is_looked_at(self) -> None:
        second = Second(0.9)
        detector = cascade(First(0.995, 0.0, *[0.0] * 10, 0.5, *[0.0] * 60, 0.5), second, refractory_ms=1000)
        assert len(run(detector, 100)) == 2
        assert len(second.given) == 1

    def test_reset_drops_what_was_not_decided(self) -> None:
        second = Second(0.9)
        detector = cascade(First(0.5), second)
        run(detector, 1)
        detector.reset()
        assert run(detector, 1) == []
        assert second.given == []

    def test_sound_kept_for_a_look_is_bounded(self) -> None:
        second = Second(0.9)
        run(cascade(First(*[0.0] * 1000, 0.5), second), 1010)
        assert second.given[0][0] == 175


class TestSeveralWords:
    def test_each_is_checked_by_its_own(self) -> None:
        words = [
            WakeWord(First(0.5, phrase="a"), Second(*[0.0] * 9), RULE),
            WakeWord(First(0.5, phrase="b"), Second(0.9), RULE),
            WakeWord(First(0.5, phrase="c")),
        ]
        assert [d.phrase for _, d in run(WakeDetector(words), 60)] == ["b"]

    def test_what_one_decides_ends_the_others_looks(self) -> None:
        second = Second(0.0, 0.0, 0.9)
        words = [
            WakeWord(First(0.5, phrase="a"), second, RULE),
            WakeWord(First(*[0.0] * 5, 0.995, phrase="b"), Second(0.9), RULE),
        ]
        assert [d.phrase for _, d in run(WakeDetector(words), 60)] == ["b"]
        assert len(second.pieces) == 1


class TestAlone:
    def test_without_a_verifier_the_first_has_its_own_threshold(self) -> None:
        assert run(cascade(First(0.5, 0.8), None), 10) == []
        assert [n for n, _ in run(cascade(First(0.5, 0.9), None), 10)] == [1]

    def test_near_misses_are_counted(self) -> None:
        detector = cascade(First(0.0, 0.5, 0.8, 0.0, 0.3, 0.0, 0.5, 0.95), None)
        run(detector, 10)
        assert detector.counts == WakeCounts(wakes=1, near_misses=2)


class TestAtRunTime:
    def test_more_sensitive_wakes_more_easily(self) -> None:
        def wakes(sensitivity: float) -> list[int]:
            scores: Sequence[float] = [0.05, 0.15, 0.3, 0.5, 0.8, 0.95]
            made = []
            for score in scores:
                detector = cascade(First(score), Second(*[score] * 9))
                detector.set_sensitivity(sensitivity)
                made.append(len(run(detector, 40)))
            return made

        assert wakes(0.5) == [0, 0, 0, 1, 1, 1]
        assert wakes(1.0) == [0, 1, 1, 1, 1, 1]
        assert wakes(0.0) == [0, 0, 0, 0, 0, 1]

    def test_alone_too(self) -> None:
        detector = cascade(First(0.8), None)
        detector.set_sensitivity(1.0)
        assert len(run(detector, 3)) == 1

    def test_the_middle_changes_nothing(self) -> None:
        detector = cascade(First(0.9), None)
        detector.set_sensitivity(0.5)
        assert len(run(detector, 3)) == 1

    @pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
    def test_a_sensitivity_that_cannot_be(self, value: float) -> None:
        detector = cascade(First(), None)
        with pytest.raises(ValueError, match="between 0 and 1"):
            detector.set_sensitivity(value)
        assert detector.sensitivity == 0.5

    def test_another_rule(self) -> None:
        detector = cascade(First(0.5), Second(0.4))
        detector.set_rule("a", WakeRule(near=0.2, both=0.3))
        assert len(run(detector, 40)) == 1
        with pytest.raises(KeyError):
            detector.set_rule("b", RULE)

    def test_from_several_threads(self) -> None:
        detector = cascade(First(*[0.0, 0.995] * 500), Second(0.9))

        def turn_the_knob() -> None:
            for n in range(500):
                detector.set_sensitivity(n % 2 / 2)
                detector.was_false()

        threads = [Thread(target=turn_the_knob) for _ in range(3)]
        for thread in threads:
            thread.start()
        found = run(detector, 1000)
        for thread in threads:
            thread.join()
        assert detector.counts.false_wakes == 1500
        assert detector.counts.wakes == len(found) == 500
