"""How fast messages may go out: a token bucket, so that a radio mesh is not flooded. Clock and sleep are passed in."""

import time
from collections.abc import Callable


class Pace:
    """At most `rate` messages a second on average, and `burst` at once after a pause.

    rate: None does not limit them. clock: seconds. Used by one thread at a time.
    """

    def __init__(
        self,
        rate: float | None,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._rate = rate
        self._burst = float(max(1, burst))
        self._clock = clock
        self._sleep = sleep
        self._tokens = self._burst
        self._at = clock()

    def take(self) -> None:
        """Return when one more message may go out."""
        if self._rate is None:
            return
        while True:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
            self._at = now
            if self._tokens >= 1.0 - 1e-9:
                self._tokens -= 1.0
                return
            self._sleep((1.0 - self._tokens) / self._rate)
