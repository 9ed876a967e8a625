"""Sends what waits in the outbox, on a thread of its own: no turn waits for a network."""

import logging
import threading
from collections.abc import Callable

from edge.core.errors import EdgeError
from edge.upstream.carriers import Carrier, NotTakenError
from edge.upstream.outbox import Outbox
from edge.upstream.randomised import RandomSource

log = logging.getLogger("edge")

LOOK_S = 60.0
"""Seconds between two looks whether something is due."""
FIRST_S, MOST_S = 60.0, 21_600.0
"""Seconds until it is tried again after one failure, and after many; each a half less at random."""
_FAREWELL_S = 1.0


class BackOff:
    """When to try again: twice as late with each failure, at random between a half and the whole of that.

    Thousands of hubs whose collector was away are not to come back at once. (The "equal jitter" of M. Brooker,
    "Exponential Backoff And Jitter", 2015.)
    """

    def __init__(self, rng: RandomSource, *, first_s: float = FIRST_S, most_s: float = MOST_S) -> None:
        self._rng, self._first_s, self._most_s = rng, first_s, most_s
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait now."""
        wait_s = min(self._most_s, self._first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return wait_s * (0.5 + 0.5 * self._rng.random())

    def worked(self) -> None:
        """It begins anew."""
        self._failures = 0


class Sending:
    """clock: seconds that only go forward. warn: told a code and a sentence, once until it was over."""

    def __init__(
        self,
        outbox: Outbox,
        carrier: Carrier,
        *,
        rng: RandomSource,
        clock: Callable[[], float],
        warn: Callable[[str, str], None],
        look_s: float = LOOK_S,
    ) -> None:
        self._outbox, self._carrier, self._clock, self._warn, self._look_s = outbox, carrier, clock, warn, look_s
        self._back_off = BackOff(rng)
        self._due = clock() + rng.random() * look_s  # after a power cut in a whole town, not all at once
        self._told: set[str] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop. What was under way is sent again the next time, as the same."""
        self._ending.set()
        self._carrier.close()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL_S)

    def once(self) -> bool:
        """Send all that is due; whether nothing went wrong."""
        for packed in self._outbox.batches():
            if self._ending.is_set():
                return True
            try:
                self._carrier.send(packed)
            except NotTakenError as error:
                if self._outbox.refused(packed.id):
                    self._tell(error.code, f"{error}; its {packed.count} reports are dropped")
                    continue
                self._tell(error.code, f"{error}; it is sent again later")
                return False
            except EdgeError as error:
                self._tell(error.code, str(error))
                return False
            self._outbox.acknowledged(packed.id)
            self._told.clear()
        return True

    def _work(self) -> None:
        while not self._ending.wait(max(0.0, min(self._due - self._clock(), self._look_s))):
            if self._clock() < self._due:
                continue
            try:
                good = self.once()
            except EdgeError as error:  # what packs is not installed
                self._tell(error.code, str(error))
                good = False
            except Exception as error:  # noqa: BLE001 - a defect; its message may quote a report
                log.error("upstream.unexpected: %s; please report it", type(error).__name__)  # noqa: TRY400 - no words
                good = False
            if good:
                self._back_off.worked()
            self._due = self._clock() + (self._look_s if good else self._back_off.failed())

    def _tell(self, code: str, sentence: str) -> None:
        if code not in self._told and not self._ending.is_set():
            self._told.add(code)
            self._outbox.troubled(sentence)
            self._warn(code, sentence)
