"""Thresholds from scores, scores as a line of text, and recordings through the models."""

import pytest
from sounds import frames_of, hey_jarvis, recording, silence

from edge.audio.wake import WakeDetector, WakeWord
from edge.audio.wake_tune import ASCII, BLOCKS, Heard, draw, listen, propose


class TestProposal:
    def test_between_the_two(self) -> None:
        found = propose([0.8, 0.9], [0.1, 0.2])
        assert found.threshold == 0.5
        assert (found.missed, found.false_alarms, found.guessed) == (0, 0, False)

    def test_where_they_overlap_false_alarms_are_worse(self) -> None:
        found = propose([0.3, 0.9, 0.95], [0.1, 0.6])
        assert 0.6 < found.threshold < 0.9
        assert (found.missed, found.false_alarms) == (1, 0)

    def test_without_the_other_kind_it_is_a_guess(self) -> None:
        found = propose([0.9, 0.99], [])
        assert found.guessed
        assert 0.5 < found.threshold < 0.9

    @pytest.mark.parametrize("scores", [[0.0], [1.0], [1.0, 1.0]])
    def test_it_stays_a_threshold(self, scores: list[float]) -> None:
        assert 0.05 <= propose(scores, []).threshold <= 0.95
        assert 0.05 <= propose(scores, scores).threshold <= 0.95

    def test_a_recording_in_which_nothing_was_heard_is_missed(self) -> None:
        found = propose([0.0, 0.9], [0.1])
        assert found.threshold == propose([0.9], [0.1]).threshold
        assert found.missed == 1

    def test_nothing_to_go_by(self) -> None:
        with pytest.raises(ValueError, match="needs a recording"):
            propose([], [0.1])


class TestLine:
    def test_the_highest_of_each_stretch(self) -> None:
        assert draw([0.0, 1.0, 0.0, 0.0, 0.5, 0.0], 3) == "█ ▄"

    def test_in_ascii(self) -> None:
        assert draw([0.0, 1.0], 2, ASCII) == " @"

    @pytest.mark.parametrize(("width", "length"), [(0, 0), (1, 1), (8, 8), (200, 100)])
    def test_never_wider_than_the_terminal(self, width: int, length: int) -> None:
        assert len(draw([0.5] * 100, width)) == length

    def test_nothing(self) -> None:
        assert draw([], 80) == ""

    def test_every_score_has_a_mark(self) -> None:
        line = draw([n / 100 for n in range(101)], 101)
        assert line[0] == BLOCKS[0]
        assert line[-1] == BLOCKS[-1]
        assert list(line) == sorted(line, key=BLOCKS.index)


class Echo:
    """A verifier that is as sure as it is told."""

    def __init__(self, score: float) -> None:
        self._score = score
        self.given: list[int] = []

    def look(self, pcm: bytes, back_ms: int) -> "Echo":
        self.given.append(back_ms)
        return self

    def accept(self, pcm: bytes = b"") -> list[float]:
        return [self._score]


class TestRecordings:
    def test_of_one_model(self) -> None:
        word = WakeWord(hey_jarvis())
        heard = listen("a", recording("turn_on_the_kitchen_light").frames(), word, WakeDetector([hey_jarvis()]))
        assert (heard.name, heard.wakes) == ("a", 1)
        assert heard.best == max(heard.scores) >= 0.97

    def test_of_two(self) -> None:
        frames = list(recording("turn_on_the_kitchen_light").frames())
        for second, high in ((0.9, True), (0.01, False)):
            word = WakeWord(hey_jarvis(), Echo(second))
            heard = listen("a", frames, word, WakeDetector([WakeWord(hey_jarvis(), Echo(second))]))
            assert (heard.best > 0.5) == high

    def test_the_second_is_not_asked_about_what_is_not_near(self) -> None:
        echo = Echo(0.9)
        heard = listen("a", frames_of(silence(3)), WakeWord(hey_jarvis(), echo), WakeDetector([hey_jarvis()]))
        assert heard == Heard("a", (0.0,) * 150, 0.0, 0)
        assert echo.given == []
