"""On simulated households hardly anything is taken for a rephrase that is none, and rephrases are found."""

import json

import pytest

from tools.bench.rephrase import main


def test_two_requests_are_two_requests_and_a_second_try_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "3", "--households", "1", "--days", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["pairs"] > 150
    assert found["false_rephrase_rate"] <= 0.01
    assert found["false_meaning_rate"] <= 0.005
    assert found["misheard"] > 25
    assert found["found_rate"] >= 0.95
