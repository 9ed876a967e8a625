"""`edge why`: what was weighed, what spoke for it, and the state that decided; and taking back what was learned."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.cli_why import SHOWN, did, lines
from edge.core import codec
from edge.core.home import Area, Entity, HomeState
from edge.core.timers import Later, Timer, TimerAction, TimerDo
from edge.core.turn import (
    Command,
    Context,
    Habit,
    Hypothesis,
    Interpretation,
    Plan,
    Refusal,
    Slot,
    Spoken,
    Turn,
    Utterance,
    Verb,
    Weighed,
)
from edge.feedback.store import FILE, Step, Store
from edge.past import home_name
from edge.profile import load_profile

NOW = 1_790_000_000_000
HOME = HomeState.of(
    [
        Entity("light.desk", "light", "Desk Lamp", area="study", state="on", changed_ms=NOW - 12_000),
        Entity("light.floor", "light", "Floor Lamp", area="study", state="off", changed_ms=NOW - 7_300_000),
    ],
    [Area("study", "Study")],
)


@pytest.fixture
def home_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    path = tmp_path / "home.json"
    path.write_text(codec.dumps(HOME))
    return path


@pytest.fixture
def keep(home_file: Path) -> Callable[..., None]:
    """Puts turns and lessons into the file."""

    def put(*turns: Turn, steps: tuple[Step, ...] = ()) -> None:
        profile = load_profile()
        name = home_name(profile, simulated=False, file=home_file)
        store = Store(profile.paths.data_dir / FILE, name, lambda code, _: pytest.fail(code))
        for turn in turns:
            store.add_turn(turn)
        for step in steps:
            store.add_step(step)
        store.close()

    return put


def option(command: Command, probability: float, **contributions: float) -> Weighed:
    said = Interpretation("HassTurnOff", (Slot("entities", command.entity_id),), "turn it off", source="context")
    return Weighed(said, Plan(commands=(command,)), probability, dict.fromkeys(contributions, 1.0), contributions)


OFF = Command("light.desk", Verb.TURN_OFF)
WEIGHED = (
    option(OFF, 0.9, spoken_last=2.5, is_on=1.0, same_room=0.5),
    option(Command("light.floor", Verb.TURN_OFF), 0.1, is_on=-1.2, same_room=0.5),
)
BEFORE = Spoken("t0", NOW - 15_000, Interpretation("HassTurnOn", (), "turn on the desk lamp"), Plan(commands=(OFF,)))
TURN = Turn(
    "abc123",
    NOW,
    HOME,
    Utterance((Hypothesis("turn it off again", 1.0),)),
    context=Context(
        (BEFORE,), (Habit("light.desk", Verb.TURN_OFF, {}, "hour:evening", 3.2),), 20.0, 1, {"is_on": 0.25}
    ),
    interpretation=WEIGHED[0].interpretation,
    weighed=WEIGHED,
    plan=Plan(commands=(OFF,)),
)
STEP = Step("abc123", NOW, "corrected", {"is_on": 0.25, "spoken_last": -0.1})


def why(home_file: Path, *args: str) -> int:
    return main(["why", "--home", str(home_file), *args])


def test_each_candidate_with_what_spoke_for_it_and_the_home(
    home_file: Path, keep: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(TURN, steps=(STEP,))
    assert why(home_file) == 0
    printed = capsys.readouterr().out
    shown, _, taught = printed.partition("learned from it")
    rows = {line.split("  ")[0].strip(): line for line in shown.splitlines() if line}
    assert "'turn it off again'" in rows["heard"]
    assert "turn off the Desk Lamp" in rows["outcome"]
    assert " 90%    ██████████████████  turn off the Desk Lamp" in printed
    assert rows["spoken_last"].split()[1:] == ["██████████", "+2.50", "·"]
    assert rows["it is on"].split()[3:] == ["████", "+1.00", "-1.20", "+0.25"]
    assert rows["score"].split()[1:] == ["+4.00", "-0.70"]
    assert printed.index("spoken_last") < printed.index("same_room")
    assert "Floor Lamp  off    2 h before" in shown
    assert "hour:evening  3.2" in printed
    assert "said 15 s before: 'turn on the desk lamp'" in printed
    assert f"edge why --home {home_file} --turn abc123 --forget" in taught
    assert "+0.250" in taught


def test_the_same_as_json(home_file: Path, keep: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    keep(TURN, steps=(STEP,))
    assert why(home_file, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["probability"] for one in found["turn"]["weighed"]] == [0.9, 0.1]
    assert found["turn"]["weighed"][0]["contributions"] == {"spoken_last": 2.5, "is_on": 1.0, "same_room": 0.5}
    assert found["home"][0] == {"entity_id": "light.desk", "state": "on", "changed_ms": NOW - 12_000}
    assert found["learned"][0]["moves"] == {"is_on": 0.25, "spoken_last": -0.1}


def test_before_anything_was_asked(home_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert why(home_file) == 1
    assert why(home_file, "--list") == 1
    assert capsys.readouterr().out.splitlines() == ["nothing has been asked here yet"] * 2
    assert why(home_file, "--json") == 1
    assert json.loads(capsys.readouterr().out) == {"turn": None}


def test_all_turns_and_one_of_them(
    home_file: Path, keep: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(TURN, replace(TURN, id="def456", weighed=(), plan=Plan(refusal=Refusal("resolve.unknown_name"))))
    assert why(home_file, "--list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[2].startswith("def456")
    assert listed[2].endswith("refused: unknown name")
    assert listed[3].startswith("abc123")
    assert why(home_file, "--turn", "def") == 0
    assert "nothing had to be weighed: the words alone say it" in capsys.readouterr().out
    assert why(home_file, "--list", "--json") == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == ["def456", "abc123"]


def test_a_turn_that_is_not_there(
    home_file: Path, keep: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(TURN)
    assert why(home_file, "--turn", "zzz") == 2
    assert "--list" in capsys.readouterr().err
    assert why(home_file, "--list", "--forget") == 2
    assert why(home_file, "--set", "memory.keep=nothing") == 2
    assert "memory.keep" in capsys.readouterr().err


def test_what_was_learned_is_taken_back(
    home_file: Path, keep: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(TURN, replace(TURN, id="def456"), steps=(STEP, STEP._replace(turn="def456")))
    assert why(home_file, "--turn", "abc", "--forget") == 0
    assert why(home_file, "--json", "--forget") == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "1 lesson taken back, of a home from a file (--home)"
    assert json.loads(printed[1]) == {"forgotten": 1, "turn": None}


def test_words_that_are_not_kept_are_not_shown(home_file: Path, keep: Callable[..., None]) -> None:
    told = "\n".join(lines(replace(TURN, utterance=Utterance(()))))
    assert "(words are not kept)" in told


def test_only_the_likeliest_unless_asked() -> None:
    many = tuple(option(Command(f"light.l{n}", Verb.TURN_OFF), 0.1, same_room=n / 10) for n in range(10))
    told = "\n".join(lines(replace(TURN, weighed=many)))
    assert "(10 weighed)" in told
    assert f"light.l{SHOWN - 1}" in told
    assert f"light.l{SHOWN}" not in told
    assert "light.l9" in "\n".join(lines(replace(TURN, weighed=many), verbose=True))


def test_what_devices_and_people_say_does_not_steer_the_terminal() -> None:
    evil = Entity("light.desk", "light", "x", state="\x1b[2J", changed_ms=NOW)
    turn = replace(TURN, home=HomeState.of([evil]), utterance=Utterance((Hypothesis("\x1b]0;x\x07", 1.0),)))
    assert "\x1b" not in "\n".join(lines(turn))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (None, "nothing"),
        (Plan(), "nothing"),
        (Plan(refusal=Refusal("resolve.unknown_room", "x")), "refused: unknown room"),
        (Plan(question="which", candidates=("light.desk", "light.b")), "asks which: the Desk Lamp, the light.b"),
        (Plan(question="which_room"), "asks which room"),
        (Plan(question="confirm", pending=(Command("lock.a", Verb.UNLOCK),)), "asks before: unlock the lock.a"),
        (Plan(matched=("light.desk",), unmatched=("light.floor",)), "answers about the Desk Lamp, the Floor Lamp"),
        (
            Plan(commands=tuple(Command(f"light.{n}", Verb.TURN_ON, {"brightness": 20}) for n in range(5))),
            "set the light.0, the light.1, the light.2 and 2 more to 20 percent",
        ),
    ],
)
def test_a_plan_in_one_line(plan: Plan | None, words: str) -> None:
    assert did(plan, HOME) == words


def test_without_a_home_named_it_is_the_one_in_which_something_was_asked_last(
    home_file: Path, keep: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(TURN, steps=(STEP,))
    assert main(["why"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("home        a home from a file (--home)\n")
    assert "turn off the Desk Lamp" in printed
    assert main(["why", "--simulated"]) == 1, "a home that is named is no other"
    assert main(["why", "--list"]) == 0
    capsys.readouterr()
    assert main(["why", "--turn", "abc", "--forget"]) == 0
    assert capsys.readouterr().out == "1 lesson taken back, of a home from a file (--home)\n"


def test_with_a_broker_of_ones_own_nothing_of_another_home_is_forgotten(
    home_file: Path, keep: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(TURN, steps=(STEP,))
    assert main(["why", "--forget", "--set", "mqtt.host=broker.lan"]) == 0
    assert capsys.readouterr().out.startswith("0 lessons taken back, and all habits, of your home, at broker.lan:")


def test_asking_and_refusing_are_shown_with_the_others() -> None:
    ask = Weighed(Interpretation("EdgeAskBack", (), "x"), Plan(), 0.3, {"ask:always": 1.0}, {"ask:always": 0.7})
    refuse = Weighed(Interpretation("EdgeRefuse", (), "x"), Plan(), 0.1, {"refuse:always": 1.0}, {"refuse:always": -1})
    told = "\n".join(lines(replace(TURN, weighed=(*WEIGHED, ask, refuse))))
    assert "(2 weighed)" in told
    rows = [line.split() for line in told.splitlines()]
    assert ["3", "30%", "██████", "ask"] in rows
    assert ["4", "10%", "██", "refuse"] in rows
    assert "asking: as ever" in told


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"plan": Plan(refusal=Refusal("resolve.no_referent"))}, "nothing here fits it"),
        ({"interpretation": None}, "nothing was understood"),
        ({"interpretation": Interpretation("EdgeYes", (), "yes", source="answer")}, "it answers what was asked"),
        ({"readings": (Interpretation("EdgeUndo", (), "put it back"),)}, "only one thing could be meant"),
        ({}, "the words alone say it"),
    ],
)
def test_why_nothing_had_to_be_weighed(change: dict[str, Any], reason: str) -> None:
    told = "\n".join(lines(replace(TURN, weighed=(), **change)))
    assert "nothing had to be weighed: " in told
    assert reason in told


def test_a_timer_in_one_line() -> None:
    later = Later("light.desk", "turn_off", names=("Desk Lamp",))
    set_for = TimerAction(TimerDo.START, new=Timer("t", seconds=60, then=(later,)))
    assert did(Plan(timer=set_for), HOME) == "start a timer, and then: turn off the Desk Lamp"
    assert did(Plan(timer=TimerAction(TimerDo.CANCEL, ("t",))), HOME) == "cancel a timer"
    which = Plan(timer=TimerAction(TimerDo.CANCEL, ("t", "u")), question="which_timer")
    assert did(which, HOME) == "asks which timer to cancel"
