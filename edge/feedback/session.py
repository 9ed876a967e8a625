"""The session: where the hub is in what goes on between it and the people who speak to it. A state machine.

Two rhythms meet in it. Sound comes at any time, also while a request is carried out or a reply is spoken; requests are
taken one at a time. So a session is in one of five states, by what it does, and knows besides whether somebody is
being listened to meanwhile:

    IDLE       nothing goes on, and no turn is watched
    LISTENING  the wake word or speech was heard, and no request has come of it yet
    ACTING     a request was taken, and is understood and carried out
    REPLYING   its reply is given
    WATCHING   it is over, and what people say and do next tells how it went

    IDLE, WATCHING  --listen-->  LISTENING  --silence-->  IDLE or WATCHING
    IDLE, WATCHING, LISTENING  --take-->  ACTING  --reply-->  REPLYING  --end-->  WATCHING, or LISTENING
    WATCHING  --close of the last turn-->  IDLE

`listen` while ACTING leaves it so, and it is LISTENING afterwards; while REPLYING it is barge-in: somebody talks over
the reply, and the turn is marked. A turn ends without a reply where the line has none. Turns stay open while others
follow; each is closed once. There is no clock, thread or socket in here, and a move that is not allowed raises and
changes nothing.
"""

from enum import StrEnum

from edge.core.errors import EdgeError


class State(StrEnum):
    """What the session does."""

    IDLE = "idle"
    LISTENING = "listening"
    ACTING = "acting"
    REPLYING = "replying"
    WATCHING = "watching"


class MoveError(EdgeError):
    """A move that the state does not allow (`session.illegal_move`): a defect of whoever made it."""

    def __init__(self, move: str, state: State) -> None:
        super().__init__("session.illegal_move", f"{move} is no move of a session that is {state}: please report it")


class Session:
    """One hub's. Not safe to use from several threads."""

    def __init__(self) -> None:
        self._turn: str | None = None
        """Id of the turn that is being taken."""
        self._replying = False
        self._listening = False
        self._barged = False
        self._open: dict[str, None] = {}

    @property
    def state(self) -> State:
        """What it does now."""
        if self._turn is not None:
            return State.REPLYING if self._replying else State.ACTING
        if self._listening:
            return State.LISTENING
        return State.WATCHING if self._open else State.IDLE

    @property
    def turn(self) -> str | None:
        """Id of the turn that is being taken; None while none is."""
        return self._turn

    @property
    def open(self) -> tuple[str, ...]:
        """Ids of the turns that are watched, oldest first."""
        return tuple(self._open)

    def listen(self) -> bool:
        """The wake word, or speech, was heard. Whether it is barge-in, and the first of this reply."""
        first = self.state is State.REPLYING and not self._barged
        self._barged = self._barged or first
        self._listening = True
        return first

    def silence(self) -> None:
        """Nothing came of what was heard."""
        if not self._listening:
            raise MoveError("silence", self.state)
        self._listening = False

    def take(self, turn_id: str) -> None:
        """A request is taken."""
        if self._turn is not None or turn_id in self._open:
            raise MoveError("take", self.state)
        self._turn, self._replying, self._listening, self._barged = turn_id, False, False, False

    def reply(self) -> None:
        """Its reply begins."""
        if self.state is not State.ACTING:
            raise MoveError("reply", self.state)
        self._replying = True

    def end(self) -> bool:
        """The request is done with, and its turn is watched. Whether somebody talked over its reply."""
        if self._turn is None:
            raise MoveError("end", self.state)
        self._open[self._turn] = None
        self._turn, self._replying = None, False
        return self._barged

    def adopt(self, turn_id: str) -> None:
        """Watch a turn that another process has left open."""
        if turn_id in self._open or turn_id == self._turn:
            raise MoveError("adopt", self.state)
        self._open[turn_id] = None

    def close(self, turn_id: str) -> None:
        """A turn is watched no more."""
        if turn_id not in self._open:
            raise MoveError("close", self.state)
        del self._open[turn_id]
