"""The benchmark of households that live with a hub: its keys, its counting, and its plot."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.core.turn import Command, Plan, Refusal, Rewrite, Turn, Verb
from tools.bench import household_bench as bench
from tools.bench.household import HomeChange, Manner, Reaction, Request, Verdict
from tools.bench.household.living import Living
from tools.bench.household.truth import Refuses
from tools.bench.household_line import AskingLine

ASKED = (
    "defect_rate_week0",
    "defect_rate_week4",
    "win_loss",
    "wrong_rewrites_per_1000",
    "weeks_to_withdraw",
    "contradictions_to_unlearn",
    "total",
    "households",
)


def test_it_prints_its_keys_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "weeks.png"
    assert bench.main(["--households", "1", "--weeks", "1", "--plot", str(plot), "--json", "--by-family"]) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out.splitlines()[-1])
    assert set(ASKED) <= result.keys()
    assert result["total"] > 60
    assert 0 < result["plain_defect_rate_week0"] < 0.5
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "own_words" in printed.err


def test_judged_are_households_that_nobody_learned_from() -> None:
    judged, learned = (bench.parser().parse_args(args) for args in ([], ["--tune"]))
    assert all(seed % 2 for seed in bench.chosen(judged))
    assert not any(seed % 2 for seed in bench.chosen(learned))


def request() -> Request:
    return next(e for e in Living.of(3).days(3) if isinstance(e, Request) and e.own)


def turned(asked: Request, plan: Plan | None, served: str = "") -> Turn:
    rewrite = Rewrite(served, "personal", "r", 1.0) if served else None
    return Turn("t", asked.at_ms, asked.home, asked.utterance, plan=plan, rewrite=rewrite)


def test_a_win_is_right_with_the_rewrite_alone_and_a_loss_without_it_alone() -> None:
    life, asked = bench.Life(), request()
    good, bad = turned(asked, Plan(), "x"), turned(asked, Plan(refusal=Refusal("resolve.no_entity")), "x")
    asks_nothing = replace(asked, truth=replace(asked.truth, accept=(Refuses(),)))
    life.count(asks_nothing, bad, Verdict.RIGHT, good)
    assert (life.wins, life.losses, life.wrong) == (1, 0, 0)
    life.count(asks_nothing, good, Verdict.WRONG_ACTION, bad)
    assert (life.wins, life.losses, life.wrong) == (1, 1, 1)
    life.count(asks_nothing, good, Verdict.RIGHT, None)
    assert (life.fired, life.said, life.asked[0], life.defects[0]) == (2, 3, 3, 1)


def test_only_the_first_saying_is_a_defect() -> None:
    life, asked = bench.Life(), request()
    refused = turned(asked, Plan(refusal=Refusal("resolve.no_entity")))
    life.count(asked, refused, Verdict.REFUSED, None)
    life.count(replace(asked, attempt=1), refused, Verdict.REFUSED, None)
    assert (life.asked[0], life.defects[0], life.said) == (1, 1, 2)


def test_what_is_served_after_the_change_is_a_contradiction_where_it_was_served_before() -> None:
    life, asked = bench.Life(), request()
    later = replace(asked, at_ms=asked.at_ms + bench.WEEK_MS)
    wrong = Reaction(Manner.UNDOES, Verdict.WRONG_ACTION, request=asked)
    silent = Reaction(Manner.GIVES_UP, Verdict.WRONG_ACTION)
    right = Reaction(Manner.CONTENT, Verdict.RIGHT)
    life.unlearn(3, later, wrong, asked.at_ms)
    assert life.unlearning[3, asked.own].contradictions == 0
    life.unlearn(3, asked, right, None)
    life.unlearn(3, later, wrong, asked.at_ms)
    life.unlearn(3, later, silent, asked.at_ms)
    life.unlearn(3, replace(later, at_ms=later.at_ms + 5), right, asked.at_ms)
    figures = bench.figures(life, bench.Life(), 5, 1)
    assert figures["contradictions_to_unlearn"] == 1
    assert figures["weeks_to_withdraw"] == 1


def test_a_hand_on_what_the_hub_moved_contradicts_it_and_a_hand_on_anything_else_does_not() -> None:
    home = request().home

    def by(who: str, device: str) -> HomeChange:
        return HomeChange(0, (device,), home, who)

    def reacted(*changes: HomeChange) -> Reaction:
        return Reaction(Manner.BY_HAND, Verdict.WRONG_ACTION, changes=changes)

    assert bench.contradicts(reacted(by("hub", "light.a"), by("hand", "light.a")))
    assert not bench.contradicts(reacted(by("hub", "light.a"), by("hand", "light.b")))
    assert not bench.contradicts(reacted(by("hand", "light.b")))


class Acting(AskingLine):
    """A hub that always turns on the same lamp, and says that a rewrite made it."""

    def __init__(self) -> None:
        super().__init__(())
        self.seen: list[HomeChange] = []
        self.interrupted = 0

    def observe(self, change: HomeChange) -> None:
        self.seen.append(change)

    def take(self, request: Request) -> Turn:
        lamp = next(e.entity_id for e in request.home.entities.values() if e.domain == "light")
        return turned(request, Plan((Command(lamp, Verb.TURN_ON),)), "turn on the lamp")

    def talked_over(self, turn: Turn, at_ms: int) -> None:
        self.interrupted += at_ms > turn.opened_ms

    def as_heard(self, turn: Turn) -> Turn:
        return replace(turn, plan=None)


def test_a_hub_hears_of_everything_that_happens_after_it_acted() -> None:
    made: list[Acting] = []
    make: Callable[[], Acting] = lambda: made.append(Acting()) or made[-1]  # type: ignore[func-returns-value]  # noqa: E731
    life = bench.live([3], 1, make)
    assert life.fired == life.said > 60
    assert life.wrong > life.wins
    assert life.rate(0) > 0.5
    assert made[0].interrupted > 0
    assert {"hand", "hub"} <= {change.by for change in made[0].seen}


def test_the_bars_show_both_and_the_larger_is_longer() -> None:
    learning, plain = bench.Life(), bench.Life()
    learning.asked[0] = plain.asked[0] = 100
    learning.defects[0], plain.defects[0] = 10, 40
    one, other = bench.bars(learning, plain, 1).splitlines()
    assert one.count("#") == 10
    assert other.count("-") == 40
    assert "10 of  100" in one
