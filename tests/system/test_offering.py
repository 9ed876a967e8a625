"""What failed twice and was put right in the same way is offered to be remembered: through the whole line."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import past, teaching
from edge.core.turn import EndReason, Hypothesis, Turn, Utterance
from edge.home.simulated import SimulatedHome
from edge.house import linked, simulated_profile
from edge.hub import Hub
from edge.profile import load_profile
from edge.rewriting import rewrites_of_home

pytestmark = pytest.mark.system

HEARD, MEANT = "turn on the bedroom light", "turn on the bathroom light"


class Household:
    """A hub that learns, and a clock that is put on between two requests."""

    def __init__(self, folder: Path, home: SimulatedHome) -> None:
        settings = ["asr.engine=pocketsphinx", f"paths.data_dir={folder}"]
        self.profile = simulated_profile(load_profile(environ={}, system_paths=(), overrides=settings), home)
        self.later_s = 0.0

    def now(self) -> dt.datetime:
        return dt.datetime.now().astimezone() + dt.timedelta(seconds=self.later_s)

    def steady(self) -> float:
        return time.monotonic() + self.later_s

    def say(self, text: str, *, sure: float = 1.0, then_s: float = 3.0) -> Turn:
        turn = self.hub.take(Utterance((Hypothesis(text, sure),), end_reason=EndReason.TYPED))
        self.later_s += then_s
        return turn

    def fails(self) -> Turn:
        """A request is heard as another, which is taken back; it is said again, and works."""
        self.say(HEARD, sure=0.6)
        self.say("undo that")
        return self.say(MEANT)

    def rests(self) -> None:
        """Long enough that what was said before is over for good."""
        self.later_s += 120
        self.say("what time is it")
        self.later_s += 120

    hub: Hub


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    with SimulatedHome() as home:
        made = Household(tmp_path, home)
        known = past.of_home(made.profile, "home", learns=True, now=made.now, steady=made.steady)
        known.rewrites = rewrites_of_home(made.profile, "home", known.store, lasting=True)
        lessons = teaching.lessons_of_home(made.profile, known.store, known.rewrites)
        with (
            linked(made.profile, ready_s=10.0) as link,
            Hub(
                made.profile,
                link,
                store=lambda: pytest.fail("no model is needed"),
                past=known,
                lessons=lessons,
                clock=made.steady,
                wall=made.now,
            ) as made.hub,
        ):
            yield made


def reply(turn: Turn) -> str:
    assert turn.reply is not None
    return turn.reply.text


def test_after_two_failures_that_end_in_the_same_success_it_offers_to_remember(household: Household) -> None:
    assert "Shall I remember" not in reply(household.fails())
    household.rests()
    asked = household.fails()
    assert reply(asked).endswith(f"Shall I remember that “{HEARD}” means “{MEANT}”?")
    assert "from now on" in reply(household.say("yes"))
    (lesson,) = household.hub.lessons.known()
    assert (lesson.heard, lesson.means) == (HEARD, MEANT)


def test_a_no_is_taken_for_an_answer(household: Household) -> None:
    household.fails()
    household.rests()
    assert "Shall I remember" in reply(household.fails())
    assert reply(household.say("no")) == "OK, I won't"
    household.rests()
    assert "Shall I remember" not in reply(household.fails())
