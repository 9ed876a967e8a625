"""The session: its moves, and that no other is made."""

from collections.abc import Callable

import pytest

from edge.feedback.session import MoveError, Session, State

MOVES: dict[str, Callable[[Session], object]] = {
    "listen": Session.listen,
    "silence": Session.silence,
    "take": lambda session: session.take("new"),
    "reply": Session.reply,
    "end": Session.end,
    "adopt": lambda session: session.adopt("new"),
    "close": lambda session: session.close("t"),
}


def in_state(state: State) -> Session:
    """A session that came there as a hub does."""
    session = Session()
    if state is State.IDLE:
        return session
    if state is State.LISTENING:
        session.listen()
        return session
    session.take("t")
    if state is State.ACTING:
        return session
    session.reply()
    if state is State.WATCHING:
        session.end()
    return session


ALLOWED = {
    (State.IDLE, "listen"): State.LISTENING,
    (State.IDLE, "take"): State.ACTING,
    (State.IDLE, "adopt"): State.WATCHING,
    (State.LISTENING, "listen"): State.LISTENING,
    (State.LISTENING, "silence"): State.IDLE,
    (State.LISTENING, "take"): State.ACTING,
    (State.LISTENING, "adopt"): State.LISTENING,
    (State.ACTING, "listen"): State.ACTING,
    (State.ACTING, "reply"): State.REPLYING,
    (State.ACTING, "end"): State.WATCHING,
    (State.ACTING, "adopt"): State.ACTING,
    (State.REPLYING, "listen"): State.REPLYING,
    (State.REPLYING, "end"): State.WATCHING,
    (State.REPLYING, "adopt"): State.REPLYING,
    (State.WATCHING, "listen"): State.LISTENING,
    (State.WATCHING, "take"): State.ACTING,
    (State.WATCHING, "adopt"): State.WATCHING,
    (State.WATCHING, "close"): State.IDLE,
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", State)
def test_a_move_goes_where_it_should_or_raises_and_changes_nothing(state: State, move: str) -> None:
    session = in_state(state)
    assert session.state is state
    after = ALLOWED.get((state, move))
    if after is None:
        before = dict(vars(session), _open=dict(session._open))
        with pytest.raises(MoveError) as error:
            MOVES[move](session)
        assert error.value.code == "session.illegal_move"
        assert vars(session) == before
    else:
        MOVES[move](session)
        assert session.state is after


def test_who_talks_over_the_reply_is_heard_once() -> None:
    session = in_state(State.REPLYING)
    assert [session.listen(), session.listen()] == [True, False]
    assert session.end() is True
    assert session.state is State.LISTENING
    session.take("next")
    assert session.end() is False


def test_who_speaks_before_the_reply_does_not_talk_over_it() -> None:
    session = in_state(State.ACTING)
    assert session.listen() is False
    session.reply()
    assert session.end() is False
    assert session.state is State.LISTENING


def test_a_turn_is_closed_once_and_others_stay_open() -> None:
    session = Session()
    for name in ("a", "b"):
        session.take(name)
        session.end()
    session.close("a")
    assert (session.open, session.state) == (("b",), State.WATCHING)
    with pytest.raises(MoveError):
        session.close("a")
    with pytest.raises(MoveError):
        session.take("b")
    session.close("b")
    assert session.state is State.IDLE
