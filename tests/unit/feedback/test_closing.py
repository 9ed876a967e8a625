"""Which turns are watched, and when each is closed."""

from dataclasses import replace

import pytest

from edge.core.home import HomeState
from edge.core.turn import Interpretation, SignalKind, Turn, Utterance, Verdict
from edge.feedback.closing import MAX_LATER, SETTLE_MS, Closing
from edge.feedback.signals import WINDOW_MS
from tests.unit.feedback.turns import HOME, missed, on, turn

DAY_MS = 86_400_000
HALL = turn("d", 0, "turn on the hall light", on("light.hall"), name="hall light")
FAN = turn("f", 0, "turn on the fan", on("fan.fan"), name="fan")


class Watch:
    """A closing with its clocks: `wall` may jump, `steady` only goes forward."""

    def __init__(self) -> None:
        self.closing, self.steady, self.wall = Closing(), 1_000_000, 5_000_000_000
        self.closed: list[Turn] = []

    def take(self, one: Turn, *, at_once: bool = True) -> None:
        """Take this turn now, under the wall's time."""
        self.closed += self.closing.began(self.steady, self.wall)
        opened = replace(one, opened_ms=self.wall)
        if not at_once:
            self.later(1_000)
        self.closed += self.closing.ended(opened, self.steady, self.wall)

    def later(self, ms: int) -> None:
        self.steady += ms
        self.wall += ms
        self.closed += self.closing.due(self.steady, self.wall)

    def hand(self, entity_id: str, state: str) -> None:
        entity = replace(HOME.entities[entity_id], state=state)
        self.closing.changed(entity, self.steady, moved=True)

    @property
    def told(self) -> dict[str, tuple[bool | None, str]]:
        return {one.id: (one.verdict.success, one.verdict.meant) for one in self.closed if one.verdict is not None}


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_turn_is_closed_when_its_time_is_up_and_once(watch: Watch) -> None:
    watch.take(HALL)
    watch.later(WINDOW_MS)
    assert watch.closed == []
    watch.later(1)
    watch.later(WINDOW_MS)
    assert [one.id for one in watch.closed] == ["d"]
    assert watch.told == {"d": (True, "")}
    assert [signal.kind for signal in watch.closed[0].signals] == [SignalKind.CONTENT]
    assert watch.closing.open == ()


def test_it_is_closed_as_the_turn_after_next_begins(watch: Watch) -> None:
    for at, one in enumerate((HALL, FAN)):
        watch.take(replace(one, id=f"t{at}"))
        watch.later(4_000)
    assert watch.closed == []
    watch.take(replace(HALL, id="t2"))
    assert watch.told == {"t0": (True, "")}


def test_what_failed_stays_open_while_people_try_again(watch: Watch) -> None:
    for name in "abc":
        watch.take(missed(name, 0, "torn on the haul light"))
        watch.later(5_000)
    assert watch.closed == []
    watch.take(replace(HALL, id="right"))
    watch.later(4_000)
    watch.take(replace(FAN, id="next"))
    assert watch.told == dict.fromkeys("abc", (False, "turn on the hall light"))


def test_nobody_tries_for_ever(watch: Watch) -> None:
    for at in range(MAX_LATER + 3):
        watch.take(missed(f"{at}", 0, "torn on the haul light"))
        watch.later(5_000)
    assert len(watch.closing.open) <= MAX_LATER + 1


def test_who_says_what_was_meant_closes_it_at_once(watch: Watch) -> None:
    watch.take(HALL)
    watch.later(5_000)
    said = turn("c", 0, "no i meant turn on the fan", on("fan.fan"), reading="EdgeMeantRequest", read="turn on the fan")
    watch.take(said)
    assert watch.told == {"d": (False, "turn on the fan")}
    assert watch.closing.open == ("c",)


@pytest.mark.parametrize("jump_ms", [-3_600_000, 3 * 365 * DAY_MS, 0])
def test_a_clock_that_jumps_neither_closes_nor_hides(watch: Watch, jump_ms: int) -> None:
    watch.take(missed("m", 0, "torn on the haul light"))
    watch.later(3_000)
    watch.wall += jump_ms
    watch.later(1_000)
    assert watch.closed == []
    watch.take(replace(HALL, id="right"))
    watch.later(2_000)
    watch.take(replace(FAN, id="next"))
    assert watch.told == {"m": (False, "turn on the hall light")}
    watch.later(WINDOW_MS + 1)
    assert len(watch.closed) == 3


def test_the_hand_is_told_from_the_hub(watch: Watch) -> None:
    watch.take(HALL)
    watch.later(SETTLE_MS + 1)
    watch.hand("light.hall", "off")
    watch.later(WINDOW_MS)
    assert watch.told == {"d": (False, "")}
    watch.take(replace(HALL, id="e"))
    watch.later(4_000)
    watch.closed += watch.closing.began(watch.steady, watch.wall)
    watch.hand("light.hall", "off")  # as the next turn does
    watch.closed += watch.closing.ended(replace(FAN, opened_ms=watch.wall), watch.steady, watch.wall)
    watch.later(WINDOW_MS + 5_000)
    assert watch.told["e"] == (True, "")


def test_of_silence_nothing_is_watched(watch: Watch) -> None:
    watch.closed += watch.closing.ended(Turn("s", 0, HomeState(), Utterance(())), watch.steady, watch.wall)
    assert watch.closing.open == ()


def test_who_had_no_time_to_object_has_not_been_content(watch: Watch) -> None:
    watch.take(HALL)
    watch.later(1_000)
    (closed,) = watch.closing.finish(watch.steady, watch.wall)
    assert closed.verdict is not None
    assert (closed.signals, closed.verdict.success) == ((), None)
    watch.take(HALL)
    watch.later(15_000)
    (closed,) = watch.closing.finish(watch.steady, watch.wall)
    assert closed.verdict is not None
    assert closed.verdict.success is True


def test_what_another_process_left_open_is_gone_on_with(watch: Watch) -> None:
    for age, one in ((9_000, missed("m", 0, "torn on the haul light")), (4_000, HALL)):
        watch.closing.adopt(replace(one, opened_ms=watch.wall - age), age, watch.steady)
    watch.take(FAN)
    assert watch.told == {"m": (False, "turn on the hall light")}


def test_a_correction_is_about_the_turn_before_it_also_where_that_was_closed_by_it(watch: Watch) -> None:
    wrong = replace(missed("w", 0, "torn on the wall light"), verdict=Verdict(False, 0.9, 0))
    correction = replace(HALL, readings=(Interpretation("EdgeMeantRequest", (), "turn on the hall light"),))
    for age, one in ((9_000, FAN), (6_000, wrong), (4_000, correction)):
        watch.closing.adopt(replace(one, opened_ms=watch.wall - age), age, watch.steady)
    assert watch.closing.open == ("f", "d")
    watch.later(WINDOW_MS + 1)
    assert watch.told["f"] == (True, "")
