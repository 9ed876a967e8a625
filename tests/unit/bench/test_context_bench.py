"""The benchmark of understanding in context: its keys, and that it asks both lines alike."""

import json

import pytest

from edge.core.turn import Plan, Refusal, Turn
from tools.bench import context
from tools.bench.context import Line
from tools.bench.household import HomeChange, Request, Verdict

KEYS = ["accuracy_context", "accuracy_plain", "wrong_action_rate", "question_rate", "total"]


class Refusing:
    """A line that refuses everything, and keeps what it was told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.changes = 0

    def observe(self, change: HomeChange) -> None:
        self.changes += bool(change.devices)

    def take(self, request: Request) -> Turn:
        self.asked.append(request.text)
        plan = Plan(refusal=Refusal("resolve.no_entity"))
        return Turn("t", request.at_ms, request.home, request.utterance, plan=plan)


def test_it_prints_its_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert context.main(["--households", "1", "--days", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(result) == KEYS
    assert result["total"] > 10
    assert result["accuracy_context"] > result["accuracy_plain"]


def test_a_line_that_is_plugged_in_is_measured_against_the_plain_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Refusing] = []

    usual = context.line

    def make(*, context: bool) -> Line:
        if not context:
            return usual(context=False)
        made.append(Refusing())
        return made[-1]

    monkeypatch.setattr(context, "line", make)
    context.main(["--households", "2", "--days", "1", "--json", "--by-family"])
    printed = capsys.readouterr()
    result = json.loads(printed.out.splitlines()[-1])
    assert len(made) == 2
    assert all(line.asked and line.changes for line in made)
    assert result["total"] == sum(len(line.asked) for line in made)
    assert result["accuracy_context"] < result["accuracy_plain"]
    assert result["wrong_action_rate"] == 0
    assert "turn_on" in printed.err


def test_other_seeds_are_other_households() -> None:
    runs = [context.seeds(seed, 20) for seed in (1, 2, 3)]
    assert len({one for run in runs for one in run}) == 60
    assert all(one % 2 for run in runs for one in run)


def test_the_plain_line_turns_on_a_lamp_by_its_name() -> None:
    tally = context.live([1, 3], 2, context=False)
    right = tally.by_family["plain", "turn_on"][Verdict.RIGHT]
    assert right > 0
    assert tally.total == sum(tally.verdicts.values())
