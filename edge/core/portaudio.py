"""Who plays through PortAudio in this process, so that its list of devices can be read anew.

PortAudio lists the devices once, when it is initialised: a microphone that is plugged in later, or comes back under
another number, is not there for it. Only ending and initialising it lists them again, and that takes every open stream
away with it. Whoever holds one for playing signs up here, and is asked to close it first; it opens another when it has
something to play.
"""

import threading
from collections.abc import Callable
from weakref import WeakSet

PATIENCE_S = 2.0
"""A sound output that is held for longer does not take sound any more; the next try finds it free, or gone."""


class Player:
    """A stream that plays. `lock` is held while it is used."""

    def __init__(self, close: Callable[[], None]) -> None:
        """close: gives the stream back, and is called with the lock held."""
        self.lock = threading.RLock()
        self.close = close
        _players.add(self)


_players: WeakSet[Player] = WeakSet()


def renew(initialise: Callable[[], None]) -> bool:
    """Close what plays, and call `initialise` before anything plays again; False when something would not be closed."""
    held: list[Player] = []
    try:
        for player in tuple(_players):
            if not player.lock.acquire(timeout=PATIENCE_S):
                return False
            held.append(player)
        for player in held:
            player.close()
        initialise()
    finally:
        for player in held:
            player.lock.release()
    return True
