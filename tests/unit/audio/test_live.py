"""Listening in a thread: utterances come out, outages are outlived, and nothing that goes wrong stays unsaid."""

import threading
from collections.abc import Iterator

import pytest
from sounds import frames_of

from edge.audio import live
from edge.audio.capture import Frame, Source
from edge.audio.live import LiveListening
from edge.audio.microphone import SILENT_SECONDS
from edge.core.errors import EdgeError, InputError, UnreachableError
from edge.core.turn import Hypothesis, Utterance

FRAMES = frames_of(bytes(640 * 3))


class Feed(Source):
    """Some frames, then the end or an error."""

    def __init__(self, error: Exception | None = None, *, frames: int = len(FRAMES)) -> None:
        self.error = error
        self.frames = frames
        self.closed = False

    def __iter__(self) -> Iterator[Frame]:
        yield from FRAMES[: self.frames]
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed = True


class EveryThird:
    """Takes three frames for an utterance."""

    def __init__(self) -> None:
        self.frames = 0
        self.resets = 0

    def accept(self, frame: Frame) -> Utterance | None:
        self.frames += 1
        return Utterance((Hypothesis(str(self.frames), 1.0),)) if self.frames % 3 == 0 else None

    def finish(self) -> Utterance | None:
        return None

    def reset(self) -> None:
        self.resets += 1


class Watching:
    """Counts what it is told; stops the main loop when it has come round often enough."""

    def __init__(self, rounds: int = 1_000_000) -> None:
        self.frames = self.rounds = 0
        self._most = rounds

    def heard(self) -> None:
        self.frames += 1

    def waits(self) -> None:
        self.rounds += 1
        if self.rounds > self._most:
            raise KeyboardInterrupt


def listening(feeds: list[Feed | Exception], outages: list[str | None], watch: Watching | None = None) -> LiveListening:
    left = iter(feeds)

    def open_source() -> Source:
        feed = next(left)
        if isinstance(feed, Exception):
            raise feed
        return feed

    def told(error: EdgeError | None) -> None:
        outages.append(error.code if error else None)

    return LiveListening(open_source, EveryThird(), on_outage=told, watch=watch)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "REOPEN_S", (0.0,))


def test_utterances_come_until_the_source_ends() -> None:
    made = listening([Feed()], [])
    assert [utterance.text for utterance in made] == ["3"]
    made.close()


def test_a_source_that_goes_away_is_waited_for() -> None:
    lost = UnreachableError("audio.microphone_lost", "gone")
    outages: list[str | None] = []
    feeds: list[Feed | Exception] = [Feed(lost), lost, lost, Feed()]
    made = listening(feeds, outages)
    assert [utterance.text for utterance in made] == ["3", "6"]
    assert outages == ["audio.microphone_lost", None]
    assert isinstance(feeds[0], Feed)
    assert feeds[0].closed
    made.close()


def test_it_is_not_back_before_it_delivers_something() -> None:
    lost = UnreachableError("audio.microphone_lost", "gone")
    outages: list[str | None] = []
    made = listening([Feed(lost), Feed(lost, frames=0), lost, Feed(lost, frames=0), Feed()], outages)
    assert [utterance.text for utterance in made] == ["3", "6"]
    assert outages == ["audio.microphone_lost", None]
    made.close()


def test_it_tries_often_enough_to_listen_again_within_5_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the true pauses
    # The longest of them, what opening takes (measured: under 1 s), and one more try where the first came too early.
    assert 2 * live.REOPEN_S[-1] + 1 <= 5
    assert sum(live.REOPEN_S[:2]) + SILENT_SECONDS <= 5, "a sound server that restarts is gone for a moment"


def test_a_source_that_is_not_there_at_the_start_is_an_error() -> None:
    with pytest.raises(UnreachableError):
        listening([UnreachableError("audio.microphone_missing", "none")], [])


@pytest.mark.parametrize("error", [InputError("audio.truncated", "cut"), ZeroDivisionError("a defect")])
def test_what_ends_the_thread_is_raised_where_it_is_iterated(error: Exception) -> None:
    made = listening([Feed(error)], [])
    with pytest.raises(type(error)):
        list(made)
    made.close()


def test_whoever_watches_is_told_of_every_frame_and_every_try() -> None:
    lost = UnreachableError("audio.microphone_lost", "gone")
    watching = Watching()
    made = listening([Feed(lost), lost, lost, Feed()], [], watching)
    assert [utterance.text for utterance in made] == ["3", "6"]
    assert watching.frames == 3 + 3 + 3
    assert watching.rounds >= 3, "before each of them, and before the end"
    made.close()


def test_whoever_watches_can_end_it_while_nobody_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waiting(Feed):
        def __iter__(self) -> Iterator[Frame]:
            ended.wait()
            return iter(())

    ended = threading.Event()
    monkeypatch.setattr(live, "LOOK_S", 0.001)
    watching = Watching(rounds=3)
    made = listening([Waiting()], [], watching)
    with pytest.raises(KeyboardInterrupt):
        next(iter(made))
    ended.set()
    made.close()
    assert (watching.rounds, watching.frames) == (4, 0)


def test_frames_that_were_lost_are_counted_over_all_sources() -> None:
    class Losing(Feed):
        dropped = 2

    made = listening([Losing(UnreachableError("audio.microphone_lost", "gone")), Losing()], [])
    assert len(list(made)) == 2
    assert made.dropped == 4
    made.close()
