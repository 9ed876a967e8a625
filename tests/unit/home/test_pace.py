"""The rate at which commands go out."""

from edge.home.pace import Pace


class Clock:
    """Time passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def times(pace: Pace, clock: Clock, count: int) -> list[float]:
    found = []
    for _ in range(count):
        pace.take()
        found.append(round(clock.now - 100, 6))
    return found


def test_a_burst_and_then_the_rate() -> None:
    clock = Clock()
    pace = Pace(10.0, 3, clock=clock, sleep=clock.sleep)
    assert times(pace, clock, 6) == [0, 0, 0, 0.1, 0.2, 0.3]
    clock.now = 200.0  # a long pause is worth one burst and no more
    assert times(pace, clock, 4) == [100, 100, 100, 100.1]


def test_no_limit() -> None:
    clock = Clock()
    assert times(Pace(None, 1, clock=clock, sleep=clock.sleep), clock, 1000) == [0] * 1000


def test_a_clock_that_goes_back_lends_nothing() -> None:
    clock = Clock()
    pace = Pace(1.0, 1, clock=clock, sleep=clock.sleep)
    pace.take()
    clock.now = 50.0
    pace.take()
    assert clock.now == 51.0
