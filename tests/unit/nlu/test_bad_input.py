"""What is no request, and homes that are no help: always an answer in words, and nothing is done."""

import datetime as dt
import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.home import Area, Entity, HomeState
from edge.core.pipeline import run
from edge.core.turn import Command, Hypothesis, Interpretation, Plan, Slot, Turn, Utterance, Verb
from edge.nlu.grammar import Grammar
from edge.nlu.policy import YES, answered, guarded
from edge.nlu.resolve import Resolve, resolve
from edge.nlu.understand import Understand
from edge.reply.phrase import Phrase
from tools.bench.expectation import large_home

SQL = "Robert'); DROP TABLE devices;--"
JINJA = "{{ states.light | list }}"
TEMPLATE = "lamp [the|a]"
LOOP = "{% for x in range(9**9) %}x{% endfor %}"
NAMES = (SQL, JINJA, TEMPLATE, LOOP, "(on|off) {name} <the>", "☀️ lamp", "лампа", "", " ")


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


@pytest.fixture(scope="module")
def home() -> HomeState:
    odd = (Entity(f"light.odd_{at}", "light", name, area="den", state="off") for at, name in enumerate(NAMES))
    lamp = Entity("light.den", "light", "Den Lamp", area="den", state="off")
    return HomeState.of([lamp, *odd], [Area("den", "Den"), Area("sql", SQL), Area("jinja", JINJA)], mic_area="den")


def taken(grammar: Grammar, home: HomeState, *texts: str) -> Turn:
    """The turn of what was heard, down the line to the reply."""
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    stages = (Understand(lambda: grammar), Resolve(), Phrase(lambda: grammar.responses, now=lambda: now))
    utterance = Utterance(tuple(Hypothesis(text, 1.0) for text in texts))
    defects: list[Exception] = []
    turn = run(
        Turn("t", 0, home, utterance),
        stages,
        clock=itertools.count().__next__,
        on_unexpected=lambda _, error: defects.append(error),
    )
    assert not defects
    return turn


def is_refused_in_words(turn: Turn) -> bool:
    nothing = turn.plan is None or not (turn.plan.commands or turn.plan.pending)
    return nothing and turn.reply is not None and bool(turn.reply.text.strip())


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n ",
        "turn off the lights " * 2500,
        "and turn on " * 20,
        "a" * 300,
        "\x00\x01\x02\x1b[2J\x7f",
        "turn\x00on\u202ethe lamp",
        "включи свет в гостиной",
        "打开客厅的灯",
        "شغل الضوء",
        "ไฟ เปิด",
        "💡🔥🏠",
        "\ud83d",
        "'; DROP TABLE lights; --",
        "{{ 7 * 7 }} {% raw %}",
        "turn on {name}",
        "turn on the \udcff light",
        "<script>turn on</script>",
        "%s%n%x",
        "1 2 3 4 5 6 7 8 9 0",
        "on off on off on off on off",
    ],
)
def test_it_is_refused_in_words(grammar: Grammar, home: HomeState, text: str) -> None:
    assert is_refused_in_words(taken(grammar, home, text))


def test_nothing_heard_at_all(grammar: Grammar, home: HomeState) -> None:
    assert is_refused_in_words(taken(grammar, home))


def test_names_are_names_and_nothing_else(grammar: Grammar, home: HomeState) -> None:
    for at, name in enumerate(NAMES[:4]):
        turn = taken(grammar, home, f"turn on the {name}")
        done = [] if turn.plan is None else [command.entity_id for command in turn.plan.commands]
        assert done in ([], [f"light.odd_{at}"]), name
        assert turn.reply is not None
        assert turn.reply.text
    said = taken(grammar, home, f"turn on the {TEMPLATE}")
    assert said.plan is not None
    assert [command.entity_id for command in said.plan.commands] == ["light.odd_2"]
    assert taken(grammar, home, "turn on the lamp the").plan != said.plan, "a name's brackets mean no choice"


def test_a_reply_does_not_carry_out_a_name(grammar: Grammar, home: HomeState) -> None:
    mentioned = Interpretation("HassTurnOn", (Slot("name", "{{ 7 * 7 }}", "{{ 7 * 7 }}"),), "turn on that")
    phrase = Phrase(lambda: grammar.responses, now=lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    turn = Turn("t", 0, home, Utterance((Hypothesis("turn on that", 1.0),)), interpretation=mentioned)
    reply = phrase(replace(turn, plan=resolve(mentioned, home))).reply
    assert reply is not None
    assert "49" not in reply.text


def test_a_home_that_empties_between_the_stages(grammar: Grammar, home: HomeState) -> None:
    understood = Understand(lambda: grammar)(Turn("t", 0, home, Utterance((Hypothesis("turn on the den lamp", 1.0),))))
    turn = Resolve()(replace(understood, home=HomeState()))
    assert turn.plan is not None
    assert turn.plan.refusal is not None
    assert not turn.plan.commands


def test_a_plan_for_what_is_gone() -> None:
    gone = Plan(commands=(Command("light.gone", Verb.TURN_ON),))
    assert guarded(gone, HomeState()) == gone, "who acts tells that it is not there"
    waiting = Plan(question="confirm", pending=(Command("lock.gone", Verb.UNLOCK),))
    refusal = answered(YES, waiting, HomeState()).refusal
    assert refusal is not None
    assert refusal.code == "resolve.gone"


def test_an_empty_home(grammar: Grammar) -> None:
    for text in ("turn on the light", "turn everything off", "is anything open", "set the lamp to 5", "arm the alarm"):
        assert is_refused_in_words(taken(grammar, HomeState(), text)), text


def test_a_large_home_is_not_searched_for_nonsense(grammar: Grammar) -> None:
    large = large_home(2000)
    words = "turn and the on and the kitchen and off and what is and the porch blinds and a lot and lock and so on"
    assert is_refused_in_words(taken(grammar, large, words))
    assert taken(grammar, large, "turn on the kitchen ceiling light").plan == Plan(
        commands=(Command("light.kitchen_ceiling_light", Verb.TURN_ON),)
    )


WORDS = st.sampled_from(
    [
        *(
            "turn",
            "on",
            "off",
            "and",
            "the",
            "everything",
            "except",
            "den",
            "lamp",
            "set",
            "to",
            "5",
            "is",
            "it",
            "not",
        ),
        *("all", "lock", "with", "open", "{{", "[", "'", ";", "0", "é"),
    ]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=40))
def test_whatever_is_said_is_answered_and_only_what_is_named_is_moved(text: str) -> None:
    turn = taken(_GRAMMAR, _HOME, text)
    assert turn.reply is not None
    assert turn.reply.text.strip()
    done = {command.entity_id for command in turn.plan.commands} if turn.plan else set()
    assert done <= _HOME.entities.keys()
    if not {"den", "lamp", "everything", "all", "lock"} & set(text.casefold().split()):
        assert len(done) <= 1, "the room's lamp at most"


_GRAMMAR = Grammar("en")
_HOME = HomeState.of(
    [
        Entity("light.den", "light", "Den Lamp", area="den", state="off"),
        Entity("switch.den", "switch", "Den Plug", area="den", state="on"),
        Entity("cover.den", "cover", "Den Blinds", area="den", state="open"),
    ],
    [Area("den", "Den")],
    mic_area="den",
)
