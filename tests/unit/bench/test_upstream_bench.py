"""The benchmark of the loop: real batches in, a real pack out, and homes that live with it."""

from pathlib import Path

import pytest

from edge.rewrite.cache import Cache
from edge.rewrite.encoder import Encoder
from edge.upstream import batch as batches
from edge.upstream.report import Confidence, DayPart, TurnReport
from tools.bench import upstream
from tools.bench.fleet import lives
from tools.bench.fleet.held import WAYS, Fared, all_of
from tools.bench.fleet.planted import Planted
from tools.bench.fleet.truth import Truth

NIGHTS = (Planted("lights", "nights", 1.0),)
HEARD, SAID = "turn on the nights in the kitchen", "turn on the lights in the kitchen"
READING = "HassTurnOn area=kitchen domain=light"


def reported(heard: str, *, reading: str = "", meant: str = "", meant_reading: str = "") -> TurnReport:
    worked = None if meant else True
    said, instead = tuple(heard.split()), tuple(meant.split())
    return TurnReport(
        *("en", DayPart.EVENING, Confidence.MIDDLE, said, reading),
        meant=instead,
        meant_reading=meant_reading,
        worked=worked,
    )


def home(seed: int) -> lives.Lived:
    """It mishears one sentence, and says it again."""
    made = lives.Lived(seed, seed, NIGHTS)
    some = (reported(HEARD, meant=SAID, meant_reading=READING), reported(SAID, reading=READING))
    name = f"{seed:032x}"
    made.sent = [batches.encode(batches.Batch(name, name[::-1], "2026-W02", "en", lives.words().sha256, some))]
    made.misheard[0, HEARD, SAID] += 1
    made.meant[HEARD, SAID] += 1
    made.whole.add(HEARD)
    return made


def test_what_many_homes_tell_becomes_a_signed_pack_that_a_hub_can_read(tmp_path: Path) -> None:
    homes = [home(seed) for seed in range(1, 41)]
    pack = upstream.learn(homes, tmp_path, k=20, engine="local")
    assert [(rule.heard, rule.means) for rule in pack.rules] == [(HEARD, SAID)]
    _, rules = Cache(pack.data, Encoder()).exact(HEARD)
    assert [rule.means for rule in rules] == [SAID]
    assert pack.reports == 80
    found = Truth(homes).beside(pack.rules, 20)
    assert (found.precision, found.recall, found.undoing) == (1.0, 1.0, 1)


def test_what_too_few_homes_tell_is_in_no_pack(tmp_path: Path) -> None:
    assert not upstream.learn([home(seed) for seed in range(1, 20)], tmp_path, k=20, engine="local").rules


def test_ways_add_up_over_homes() -> None:
    one = {way: Fared(asked=10, defects=n, fired=n, wins=n, losses=0, said=11) for n, way in enumerate(WAYS)}
    assert all_of([one, one], WAYS[2]) == Fared(20, 4, 4, 4, 0, 22)
    assert all_of([one, one], WAYS[2]).rate == pytest.approx(0.2)
    assert all_of([], WAYS[0]).rate == 0.0


def test_the_options_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        upstream.main(["--help"])
    told = capsys.readouterr().out
    assert "example: python -m tools.bench.upstream" in told
    assert "win_loss" in told
