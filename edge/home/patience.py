"""How long to wait before the next attempt at the broker, and how little to say about it. Pure: no clock, no socket.

An outage takes two lines of the log: lost, and back. A connection that breaks again and again takes one more, and then
none until it holds. A client id that two clients share takes one, as long as the broker says so: each of them throws
the other out, and waiting ever longer is the only end of it that does no harm. What only looks like that is waited for
a minute at most: it may be the network.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds."""

    first_s: float = 0.5
    """Before the first attempt; doubles with every one that fails."""
    longest_s: float = 30.0
    unsteady_s: float = 4.0
    """The longest for a broker that does answer, and is then lost again."""
    stable_s: float = 30.0
    """A connection that lived this long has ended well."""
    taken_over_s: float = 60.0
    """After another client with the same id; doubles every time that the broker says so."""
    taken_over_longest_s: float = 1800.0
    answer_s: float = 10.0
    """What a broker may take to answer."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do after a connection was lost."""

    delay_s: float
    """Seconds to wait, before jitter."""
    say: str = ""
    """Code of what to log: `link.lost`, `link.unsteady`, `link.taken_over`, or nothing."""


_SUSPICIOUS_DROPS = 4
"""MQTT 3.1.1 does not say that another client took the connection, and Mosquitto does not always in MQTT 5. So many
short connections in a row look like it, if each was made at the first attempt and found its session: a broker that is
restarted has forgotten the session as a rule, and a bad network makes attempts fail. It is a guess: a broker that keeps
sessions on its disk, and a network that breaks every 20 s, look the same."""


class Patience:
    """Counts what went wrong."""

    def __init__(self, delays: Delays) -> None:
        self._delays = delays
        self._failures = 0
        self._drops = 0
        self._suspicious = 0
        self._takeovers = 0
        """How often the broker said that another client came, since a connection that lived and ended otherwise."""
        self._guessed = False
        self._silent = False

    def lost(self, lived_s: float, *, taken_over: bool, resumed: bool) -> Advice:
        """A connection that lived so long has ended.

        taken_over: whether the broker said that another client has its id. resumed: whether the connection had found
        its session at the broker.
        """
        delays = self._delays
        short = lived_s < delays.stable_s
        self._suspicious = self._suspicious + 1 if short and resumed and self._failures == 0 else 0
        self._failures = 0
        self._drops = self._drops + 1 if short else 0
        if taken_over:
            self._takeovers = min(self._takeovers + 1, 16)
            say = "link.taken_over" if self._takeovers == 1 and not self._guessed else ""
            self._silent = True
            return Advice(min(delays.taken_over_longest_s, delays.taken_over_s * 2.0 ** (self._takeovers - 1)), say)
        if not short:
            self._takeovers = 0
        if self._suspicious >= _SUSPICIOUS_DROPS:
            say = "" if self._guessed or self._takeovers else "link.taken_over"
            self._guessed = self._silent = True
            return Advice(delays.taken_over_s, say)
        delay = min(delays.unsteady_s, delays.first_s * 2.0 ** max(0, min(self._drops, 16) - 1))
        if self._silent:
            return Advice(delay)
        if self._drops <= 1:
            return Advice(delay, "link.lost")
        self._silent = True
        return Advice(delay, "link.unsteady")

    def failed(self) -> float:
        """Seconds to wait after one more attempt that failed."""
        self._failures = min(self._failures + 1, 16)
        return min(self._delays.longest_s, self._delays.first_s * 2.0**self._failures)

    def back(self) -> bool:
        """Whether to say that the connection is there again."""
        return not self._silent

    def held(self) -> bool:
        """The connection has lived for `stable_s`; whether to say that it is there again, not having said so before."""
        self._drops = self._suspicious = 0
        silent, self._silent, self._guessed = self._silent, False, False
        # The other client may come again: then nothing more is to be said, neither now nor of that.
        return silent and not self._takeovers
