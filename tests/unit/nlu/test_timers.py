"""Sentences about timers to plans, with the real grammar; and what they are answered."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.core.codec import dumps, loads
from edge.core.home import HomeState, Voice
from edge.core.pipeline import run
from edge.core.timers import Timer, TimerDo, TimerKind
from edge.core.turn import Hypothesis, Plan, Turn, Utterance
from edge.nlu.grammar import Grammar
from edge.nlu.resolve import Resolve
from edge.nlu.timely import Timely
from edge.nlu.timers import MAX_TIMERS
from edge.nlu.understand import Understand
from edge.reply.phrase import Phrase

NOW = 1_790_000_000_000
LOCAL = dt.datetime.fromtimestamp(NOW / 1000, dt.UTC)
PIZZA = Timer("p", seconds=600, due_ms=NOW + 200_000, name="pizza", area="Kitchen")
EGGS = Timer("e", seconds=300, due_ms=NOW + 61_000, area="Kitchen")
PAUSED = Timer("z", seconds=3600, left_ms=1_800_000, name="laundry")
SEVEN = Timer("a", TimerKind.ALARM, due_ms=NOW + 3_600_000, at="07:00", days=(0, 1, 2, 3, 4))
ONCE = Timer("b", TimerKind.ALARM, due_ms=NOW + 7_200_000, at="09:30", date=f"{LOCAL + dt.timedelta(1):%Y-%m-%d}")

THREE = (
    "3 timers: 5 minute timer, 1 minute 1 second left; pizza timer, 3 minutes 20 seconds left; "
    "laundry timer, paused, 30 minutes left"
)

Take = Callable[..., Turn]


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


@pytest.fixture
def take(grammar: Grammar, home: HomeState) -> Take:
    guarded = [replace(one, voice=Voice.GUARDED) if one.domain == "lock" else one for one in home.entities.values()]
    home = HomeState.of(guarded, home.areas, home.floors, home.mic_area)
    stages = (
        Timely(Understand(lambda: grammar)),
        Resolve(),
        Phrase(lambda: grammar.responses, now=lambda: LOCAL),
    )

    def taken(text: str, *timers: Timer, asked: Plan | None = None, sure: float = 1.0) -> Turn:
        turn = Turn("t", NOW, home, Utterance((Hypothesis(text, sure),)), timers=timers, asked=asked)
        turn = run(turn, stages, clock=lambda: 0.0)
        assert loads(Turn, dumps(turn)) == turn
        return turn

    return taken


def plan_of(turn: Turn) -> Plan:
    assert turn.plan is not None, turn.error
    return turn.plan


@pytest.mark.parametrize(
    ("text", "seconds", "name"),
    [
        ("set a timer for ten minutes", 600, ""),
        ("start a timer for an hour and a half please", 5400, ""),
        ("um set a timer for a quarter of an hour now", 900, ""),
        ("set a ten minute pizza timer", 600, "pizza"),
        ("set a timer for 25 minutes called laundry", 1500, "laundry"),
        ("let me know in ninety seconds", 90, ""),
        ("remind me to stir the soup in five minutes", 300, "stir the soup"),
        ("wake me up in two hours", 7200, ""),
        ("wake me up in half an hour", 1800, ""),
        ("count down three minutes", 180, ""),
        ("set an alarm for ten minutes", 600, ""),
    ],
)
def test_a_timer_is_set(take: Take, text: str, seconds: int, name: str) -> None:
    action = plan_of(take(text)).timer
    assert action is not None
    assert action.new == Timer("", seconds=seconds, name=name, area="Kitchen")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("set a timer for 0 minutes", "resolve.no_time"),
        ("set a timer for 1000000000 hours", "resolve.too_long"),
        ("set a timer for a while", "resolve.no_length"),
        ("set a timer", "resolve.no_length"),
        ("turn off the moon in ten minutes", "resolve.unknown_command"),
        ("what time is it in ten minutes", "resolve.not_supported"),
        ("turn on the heater in ten minutes and ten seconds", "which"),
        ("wake me at grandma's", "resolve.no_alarm_time"),
        ("set an alarm", "resolve.no_alarm_time"),
        ("snooze", "resolve.nothing_rings"),
        ("pause the timer", "resolve.no_timer"),
    ],
)
def test_what_cannot_be_is_refused_at_once(take: Take, text: str, code: str) -> None:
    made = plan_of(take(text))
    assert (made.refusal.code if made.refusal else made.question) == code
    assert made.timer is None
    assert made.commands == ()


def test_no_more_than_there_is_room_for(take: Take) -> None:
    many = [Timer(str(number), seconds=60, due_ms=NOW + 60_000) for number in range(MAX_TIMERS)]
    for text in ("set a timer for ten minutes", "wake me at seven"):
        refusal = plan_of(take(text, *many)).refusal
        assert refusal is not None
        assert refusal.code == "resolve.too_many_timers"


@pytest.mark.parametrize(
    "text", ["turn off the counter light in ten minutes", "in half an hour turn off the counter light"]
)
def test_a_command_waits_as_it_was_understood(take: Take, text: str) -> None:
    made = plan_of(take(text))
    assert made.commands == ()
    assert made.timer is not None
    assert made.timer.new is not None
    assert [(later.entity_id, later.verb) for later in made.timer.new.then] == [("light.counter", "turn_off")]


def test_what_needs_a_yes_asks_at_once_and_is_not_done_at_once(take: Take) -> None:
    asked = take("unlock the front door in ten minutes")
    assert plan_of(asked).question == "confirm"
    assert asked.reply is not None
    assert asked.reply.text == "Unlock the Front Door in 10 minutes?"
    made = plan_of(take("yes", asked=asked.plan))
    assert made.commands == ()
    assert made.timer is not None
    assert made.timer.new is not None
    assert made.timer.new.then[0].entity_id == "lock.front_door"
    assert plan_of(take("no", asked=asked.plan)) == Plan()


@pytest.mark.parametrize(
    ("text", "do", "ids", "question"),
    [
        ("cancel the pizza timer", TimerDo.CANCEL, ("p",), None),
        ("cancel the five minute timer", TimerDo.CANCEL, ("e",), None),
        ("cancel the timer", TimerDo.CANCEL, ("e", "p", "z"), "which_timer"),
        ("cancel all timers", TimerDo.CANCEL, ("e", "p", "z"), None),
        ("resume the timer", TimerDo.RESUME, ("z",), None),
        ("pause the pizza timer", TimerDo.PAUSE, ("p",), None),
        ("add five minutes to the pizza timer", TimerDo.CHANGE, ("p",), None),
        ("how long is left on the pizza timer", TimerDo.STATUS, ("p",), None),
        ("how much time is left", TimerDo.STATUS, ("e", "p", "z"), None),
        ("cancel the seven o'clock alarm", TimerDo.CANCEL, ("a",), None),
        ("cancel the alarm", TimerDo.CANCEL, ("a", "b"), "which_alarm"),
        ("cancel all alarms", TimerDo.CANCEL, ("a", "b"), None),
        ("what alarms are set", TimerDo.STATUS, ("a", "b"), None),
    ],
)
def test_which_is_meant(take: Take, text: str, do: TimerDo, ids: tuple[str, ...], question: str | None) -> None:
    made = plan_of(take(text, EGGS, PIZZA, PAUSED, SEVEN, ONCE))
    assert made.timer is not None
    assert (made.timer.do, made.timer.ids, made.question) == (do, ids, question)


def test_what_was_named_never_becomes_another(take: Take) -> None:
    for text in ("cancel the rice timer", "add five minutes to the rice timer", "cancel the eight o'clock alarm"):
        made = plan_of(take(text, PIZZA, SEVEN))
        assert made.timer is None
        assert made.refusal is not None
        assert made.refusal.code in ("resolve.no_such_timer", "resolve.no_such_alarm")


def test_while_one_rings_stop_means_it(take: Take) -> None:
    rings = Timer("r", seconds=60, due_ms=NOW - 1000, ringing=True)
    for text, do in (("stop", TimerDo.STOP), ("that's enough", TimerDo.STOP), ("snooze please", TimerDo.SNOOZE)):
        action = plan_of(take(text, rings, PIZZA)).timer
        assert action is not None
        assert (action.do, action.ids) == (do, ("r",))
    quiet = plan_of(take("stop", PIZZA))
    assert quiet.timer is None, "a player is meant, as ever"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("set a pizza timer for an hour and a half", "Pizza timer set for 1 hour 30 minutes"),
        ("cancel the pizza timer", "Timer cancelled"),
        ("pause the pizza timer", "Timer paused"),
        ("resume the timer", "Timer resumed"),
        ("add five minutes to the pizza timer", "5 minutes added to timer named pizza"),
        ("how long is left on the pizza timer", "3 minutes and 20 seconds left."),
        ("cancel the timer", "Which one do you mean: 5 minute timer, pizza timer or laundry timer?"),
        ("cancel all timers", "Canceled 3 timers."),
        (
            "how much time is left",
            THREE,
        ),
        ("what alarms are set", "2 alarms: alarm at 7:00 AM every weekday; alarm at 9:30 AM tomorrow"),
        ("turn off the counter light in ten minutes", "I'll turn off the Counter Light in 10 minutes"),
        ("set a timer for 0 minutes", "Sorry, a timer needs a second at least"),
    ],
)
def test_replies(take: Take, text: str, reply: str) -> None:
    turn = take(text, EGGS, PIZZA, PAUSED, SEVEN, ONCE)
    assert turn.reply is not None
    assert turn.reply.text == reply


# A question which of several is meant


def asked_which(take: Take, text: str, *timers: Timer) -> Plan:
    plan = plan_of(take(text, *timers))
    assert (plan.question or "").startswith("which_")
    return plan


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        ("pizza", ("p",)),
        ("the pizza timer", ("p",)),
        ("the pizza one please", ("p",)),
        ("laundry", ("z",)),
        ("the five minute one", ("e",)),
        ("ten minutes", ("p",)),
        ("the one hour timer", ("z",)),
        ("the first one", ("e",)),
        ("the third", ("z",)),
        ("the last one", ("z",)),
        ("all of them", ("e", "p", "z")),
        ("all three", ("e", "p", "z")),
    ],
)
def test_which_timer_is_answered(take: Take, answer: str, ids: tuple[str, ...]) -> None:
    asked = asked_which(take, "cancel the timer", EGGS, PIZZA, PAUSED)
    turn = take(answer, EGGS, PIZZA, PAUSED, asked=asked)
    action = plan_of(turn).timer
    assert action is not None
    assert (action.do, action.ids) == (TimerDo.CANCEL, ids)
    assert turn.reply is not None
    assert turn.reply.text == ("Timer cancelled" if len(ids) == 1 else "3 timers cancelled")


@pytest.mark.parametrize("answer", ["neither", "none of them", "no", "never mind", "cancel"])
def test_none_of_the_timers(take: Take, answer: str) -> None:
    asked = asked_which(take, "cancel the timer", EGGS, PIZZA, PAUSED)
    plan = plan_of(take(answer, EGGS, PIZZA, PAUSED, asked=asked))
    assert plan == Plan()


@pytest.mark.parametrize("answer", ["the twenty minute one", "the blue one", "that one", "both", "the fourth one"])
def test_what_fits_no_timer_is_asked_once_more(take: Take, answer: str) -> None:
    there = (EGGS, PIZZA, PAUSED)
    asked = asked_which(take, "cancel the timer", *there)
    again = plan_of(take(answer, *there, asked=asked))
    assert (again.question, again.timer) == ("which_timer_again", asked.timer)
    last = plan_of(take(answer, *there, asked=again))
    assert last.refusal is not None
    assert last.refusal.code == "resolve.no_choice"


def test_a_timer_that_is_gone_is_not_chosen(take: Take) -> None:
    asked = asked_which(take, "cancel the timer", EGGS, PIZZA, PAUSED)
    turn = take("pizza", EGGS, PAUSED, asked=asked)
    assert turn.plan is None or turn.plan.timer is None or turn.plan.question is not None
    whole = plan_of(take("all of them", EGGS, PAUSED, asked=asked)).timer
    assert whole is not None
    assert whole.ids == ("e", "z")


def test_a_request_is_no_answer_to_it(take: Take) -> None:
    asked = asked_which(take, "cancel the timer", EGGS, PIZZA, PAUSED)
    plan = plan_of(take("turn off the counter light", EGGS, PIZZA, PAUSED, asked=asked))
    assert [command.verb.value for command in plan.commands] == ["turn_off"]
    longer = plan_of(take("add one minute to the pizza timer", EGGS, PIZZA, PAUSED, asked=asked)).timer
    assert longer is not None
    assert (longer.do, longer.ids) == (TimerDo.CHANGE, ("p",))


@pytest.mark.parametrize(
    ("answer", "ids"),
    [
        ("seven", ("a",)),
        ("the one at half past nine", ("b",)),
        ("the seven oclock alarm", ("a",)),
        ("the second one", ("b",)),
        ("both of them", ("a", "b")),
    ],
)
def test_which_alarm_is_answered(take: Take, answer: str, ids: tuple[str, ...]) -> None:
    asked = asked_which(take, "cancel the alarm", SEVEN, ONCE)
    action = plan_of(take(answer, SEVEN, ONCE, asked=asked)).timer
    assert action is not None
    assert (action.do, action.ids) == (TimerDo.CANCEL, ids)


def test_an_answer_that_was_hardly_heard_cancels_nothing(take: Take) -> None:
    asked = asked_which(take, "cancel the alarm", SEVEN, ONCE)
    turn = take("seven", SEVEN, ONCE, asked=asked, sure=0.3)
    assert turn.error == "understand.low_confidence"
