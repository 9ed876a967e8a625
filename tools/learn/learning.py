"""From a store of turns to the rewrites that may be published: counting and solving by an engine, judging here.

`Engine` is all that differs between one process and Spark: tallies in whole numbers come from it, and solutions of
blocks that are made here; what is done with them is the same code, so that both give the same to the last rewrite.
"""

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from edge.core.codec import from_json
from edge.core.errors import InputError
from edge.rewrite.entry import Rule, Source
from edge.rewrite.ledger import CAP, rule_id
from tools.learn import chain, gate
from tools.learn.counts import Counts, K
from tools.learn.gate import Rewrite

FORMAT = 1
WEEKS = 12
"""Weeks that are learnt from: what was said before that may mean something else by now."""


class Engine(Protocol):
    """What counts and solves."""

    name: str

    def count(self, store: Path, *, k: int = K, last: int | None = None) -> Counts:
        """Tallies of what at least k hubs reported, of the last so many weeks. Raises InputError, MissingError."""
        ...

    def solve(self, blocks: Sequence[chain.Block]) -> Iterable[chain.Best]:
        """`chain.solve` of each, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it; the same for the same turns, whatever engine, order and day."""

    weeks: tuple[str, ...]
    k: int
    funnel: Mapping[str, int]
    """Turns, keys that too few hubs reported, keys kept, words with a rewrite, and how many were refused for what."""
    rewrites: tuple[Rewrite, ...]
    """All that were learnt, by what is heard."""

    @property
    def published(self) -> tuple[Rewrite, ...]:
        """Those that passed."""
        return tuple(one for one in self.rewrites if not one.refused)

    def only_published(self) -> "Learnt":
        """Without what was refused: what a pack is made of."""
        return replace(self, rewrites=self.published)


def engine(name: str, *, cores: int = 2) -> Engine:
    """The engine of this name, `local` or `spark`. Raises MissingError without its extra, InputError for another."""
    if name == "spark":
        from tools.learn.engine_spark import SparkEngine

        return SparkEngine(cores=cores)
    if name != "local":
        raise InputError("learn.engine", f"there is no engine {name!r}; there are local and spark")
    from tools.learn.engine_local import LocalEngine

    return LocalEngine()


def learn(store: Path, using: Engine, *, k: int = K, last: int | None = WEEKS) -> Learnt:
    """Everything that the last weeks' turns of a store teach. Raises InputError where there are none, MissingError."""
    return learnt(using.count(store, k=k, last=last), using, k=k)


def learnt(counts: Counts, using: Engine, *, k: int = K, must_not_change: Iterable[str] | None = None) -> Learnt:
    """The same from counts; what fewer than k hubs reported goes first of all."""
    counts = counts.kept(k)
    pooled, blocks = chain.runs(counts)
    rewrites = gate.judged(counts, pooled, list(using.solve(blocks)), must_not_change=must_not_change)
    funnel = {
        "turns": counts.turns,
        "keys_dropped": counts.dropped,
        "keys": len(counts.of),
        "learnt": len(rewrites),
        **_verdicts(rewrites),
    }
    return Learnt(counts.weeks, k, funnel, tuple(rewrites))


def passing(what: Learnt, must_not_change: Collection[str]) -> Learnt:
    """What was learnt, judged once more by the limits of the gate and by these requests that must not change.

    must_not_change: in normal form. For a file that another build of these tools may have written.
    """
    rewrites = tuple(gate.again(one, must_not_change) for one in what.rewrites)
    return replace(what, rewrites=rewrites, funnel={**what.funnel, **_verdicts(rewrites)})


def _verdicts(rewrites: Iterable[Rewrite]) -> dict[str, int]:
    refused = Counter(one.refused for one in rewrites)
    return {**{f"refused_{reason}": refused[reason] for reason in gate.REASONS}, "published": refused[""]}


def write(path: Path, what: Learnt) -> None:
    """The file of it: canonical JSON, whole or not at all. Raises InputError `learn.write`."""
    data = {
        "format": FORMAT,
        "weeks": what.weeks,
        "k": what.k,
        "funnel": dict(what.funnel),
        "rewrites": [one.as_json() for one in what.rewrites],
    }
    aside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, sort_keys=True, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise InputError("learn.write", f"{path} cannot be written ({error.strerror})") from error


def read(path: Path) -> Learnt:
    """What `write` wrote. Raises InputError `learn.file`."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rewrites = from_json(tuple[Rewrite, ...], data["rewrites"])
        weeks = from_json(tuple[str, ...], data["weeks"])
        for week in weeks:
            _monday(week)
        what = Learnt(
            weeks, int(data["k"]), {str(key): int(number) for key, number in data["funnel"].items()}, rewrites
        )
        known = data["format"] == FORMAT
    except OSError as error:
        raise InputError("learn.file", f"{path}: {error.strerror}; `python -m tools.learn learn` makes one") from error
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(
            "learn.file", f"{path} is no file of learnt rewrites; `python -m tools.learn learn` makes one"
        ) from error
    if not known:
        raise InputError("learn.file", f"{path} has another format than {FORMAT}; learn it anew")
    return what


def rules(what: Learnt) -> list[Rule]:
    """What a pack holds; no clock is read. Evidence is cut to what a ledger remembers, so a hub keeps exploring."""
    last = max(what.weeks, default="1970-W01")
    day = (_monday(last) - date(1970, 1, 1)).days
    made = []
    for one in what.published:
        scale = min(1.0, CAP / max(one.wins + one.losses, 1e-9))
        wins, losses = round(one.wins * scale, 3), round(one.losses * scale, 3)
        made.append(
            Rule(
                rule_id(one.heard, one.means), one.heard, one.means, Source.POOLED, one.label,
                wins=wins, losses=losses, made_day=day, last_day=day,
            )
        )  # fmt: skip
    return made


def _monday(week: str) -> date:
    """Of a week such as 2026-W48. Raises ValueError for another text."""
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
