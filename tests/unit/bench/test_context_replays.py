"""Any turn replays from its JSON to the same plan, over days of simulated households: DESIGN.md, rule 6."""

import json
from collections.abc import Iterator

import pytest

from edge.core import codec
from edge.core.pipeline import run
from edge.core.turn import Turn
from edge.nlu.context import InContext
from edge.nlu.timely import Timely
from edge.nlu.understand import Understand
from tools.bench.context import RememberingLine, grammar
from tools.bench.household import HomeChange, Household


def _stored(turn: Turn) -> Turn:
    return codec.from_json(Turn, json.loads(json.dumps(codec.to_json(turn), allow_nan=False)))


def _turns(seed: int, days: int) -> Iterator[tuple[Turn, Turn]]:
    """Each request as it came, and as it was decided; the household goes on from what was decided."""
    stages = (Timely(Understand(grammar)), InContext())
    line = RememberingLine(())
    for event in Household.of(seed).days(days):
        if isinstance(event, HomeChange):
            line.observe(event)
            continue
        opened = line.opened(event)
        decided = run(opened, stages, clock=lambda: 0.0)
        yield opened, decided
        line.ended(decided)


@pytest.mark.parametrize("seed", [0, 2])
def test_a_turn_replays_from_its_json(seed: int) -> None:
    whole = (Timely(Understand(grammar)), InContext())
    weighed = 0
    for opened, decided in _turns(seed, 3):
        anew = run(_stored(opened), whole, clock=lambda: 0.0)
        assert anew == decided, opened.text
        over = run(_stored(decided), whole, clock=lambda: 0.0)
        assert (over.plan, over.interpretation) == (decided.plan, decided.interpretation), opened.text
        weighed += len(decided.weighed) > 1
    assert weighed >= 10
