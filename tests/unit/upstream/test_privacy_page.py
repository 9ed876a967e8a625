"""The page that people agree to says what the program does."""

import json
import re
from dataclasses import replace
from pathlib import Path

from edge.upstream import batch
from edge.upstream.randomised import EPSILON, WEEKLY_EPSILON, Budget, keeps
from edge.upstream.report import PAGE, Confidence, Layer, TurnReport
from edge.upstream.wording import MAX_PLAIN
from tests.unit.upstream.told import Hub

TEXT = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")


def example() -> TurnReport:
    made = Hub().tell("turn on the kitten light", meant="turn on the kitchen light")
    assert made is not None
    return replace(made, confidence=Confidence.HIGH)


def test_its_example_is_a_report_byte_for_byte() -> None:
    shown = next(line for line in TEXT.splitlines() if line.startswith("{"))
    assert batch.line(example()).decode() == shown


def test_it_names_every_field_and_no_other() -> None:
    full = replace(example(), served=("turn",), layer=Layer.GLOBAL)
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| `")]
    assert {key for row in rows for key in re.findall(r"`(\w+)`", row)} == set(json.loads(batch.line(full)))


def test_its_numbers_are_those_of_the_program() -> None:
    assert f"*Version {PAGE} of this page." in TEXT
    assert f"in {100 * keeps(EPSILON):.0f} of 100 cases" in TEXT
    assert f"epsilon, which is {EPSILON} here" in TEXT
    assert f"a budget of {WEEKLY_EPSILON:.0f} a week, which is {Budget().most} answers" in TEXT
    assert {3: "more than three words"}[MAX_PLAIN] in TEXT
