"""What is said of timers that Home Assistant has no words for."""

import datetime as dt

from edge.core.home import HomeState
from edge.core.timers import Timer, TimerAction, TimerDo
from edge.core.turn import Interpretation, Turn, Utterance
from edge.reply import timers

NOW = dt.datetime(2026, 1, 5, 18, tzinfo=dt.UTC)


def test_of_a_timer_that_rings_nothing_is_left() -> None:
    egg = Timer("egg", seconds=300, due_ms=1000, name="egg", ringing=True)
    asked = Interpretation("HassTimerStatus", (), "how much time is left")
    turn = Turn("t", 2000, HomeState(), Utterance(()), timers=(egg,), interpretation=asked)
    assert timers.done(turn, TimerAction(TimerDo.STATUS, ("egg",)), NOW) == "The egg timer is done"
