"""A store of made-up turns of any size, and what learning it costs: `python -m tools.learn scale --turns 1e7 --json`.

No home says these; the shape is that of homes: requests by Zipf's law, a share of them heard wrong in a few hundred
ways, most of these said again in other words, now and then something else said for no reason, a fact for a quarter of
the turns through randomised response, some 80 turns a hub and week. The seed is fixed: the same turns everywhere.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.learn.counts import kept_truth
from tools.learn.needs import need, polars

WEEKS = ("2026-W45", "2026-W46", "2026-W47", "2026-W48")
PER_HUB = 80
"""Turns a week."""
REQUESTS = 3_000
MISHEARD = 600
"""Ways to hear something wrong; each is one request's."""
ROWS = 250_000
"""Of a row group, and made at a time: the memory does not grow with the turns."""
_EPSILON = 1.5
_ROOMS = "kitchen bedroom bathroom office hallway attic cellar nursery library studio study terrace porch lounge"
_THINGS = "light lamp fan radio speaker sensor blind curtain screen printer kettle mixer plug strip"
_DOES = ("turn on", "turn off", "brighten", "dim", "start", "pause", "set", "check")


def requests() -> list[tuple[str, str]]:
    """Words and reading of each request."""
    made, rooms, things = [], _ROOMS.split(), _THINGS.split()
    for number in range(REQUESTS):
        does, rest = _DOES[number % len(_DOES)], number // len(_DOES)
        thing, rest = things[rest % len(things)], rest // len(things)
        room, rest = rooms[rest % len(rooms)], rest // len(rooms)
        number_word = ("", "second ", "third ")[rest]
        reading = f"Made{does.replace(' ', '').title()} area={room} name={number_word}{thing}"
        made.append((f"{does} the {number_word}{thing} in the {room}", reading))
    return made


def make(store: Path, turns: int, *, seed: int = 7) -> None:
    """Write so many turns, in row groups of `ROWS`. Raises MissingError without the extra `learn`."""
    pl, np = polars(), need("numpy", "learn")
    said = requests()
    wrong = [words.replace(" the ", f" the miss{number} ") for number, (words, _) in enumerate(said[:MISHEARD])]
    texts = pl.Series([words for words, _ in said] + wrong + [""])
    readings = pl.Series([reading for _, reading in said] + [""] * (MISHEARD + 1))
    nothing = len(texts) - 1
    usual = 1.0 / np.arange(1, REQUESTS + 1) ** 0.9
    usual /= usual.sum()
    truth = kept_truth(_EPSILON)
    rng = np.random.default_rng(seed)
    for at, week in enumerate(WEEKS):
        folder = store / "turns" / week
        folder.mkdir(parents=True, exist_ok=True)
        left = turns * (at + 1) // len(WEEKS) - turns * at // len(WEEKS)
        for number in range(-(-left // ROWS)):
            rows = min(ROWS, left - number * ROWS)
            # Hubs of one file are in no other, and a hub's digits are random.
            digits = rng.integers(0, 1 << 60, size=(max(1, rows // PER_HUB), 2), dtype=np.int64)
            hubs = pl.Series([f"{one:016x}{other:016x}" for one, other in digits.tolist()])
            missed = rng.random(rows) < 0.1
            request = rng.choice(REQUESTS, size=rows, p=usual)
            way = (rng.random(rows) ** 1.5 * MISHEARD).astype(np.int64)
            heard = np.where(missed, REQUESTS + way, request)
            again = missed & (rng.random(rows) < 0.8)
            changed = ~missed & (rng.random(rows) < 0.02)
            meant = np.where(again, way, np.where(changed, rng.choice(REQUESTS, size=rows, p=usual), nothing))
            meant = np.where(meant == heard, nothing, meant)
            worked = rng.random(rows) < np.where(missed, 0.02, 0.97)
            answered = np.where(rng.random(rows) < truth, worked, ~worked)
            known = (rng.random(rows) < 0.25) & (meant == nothing)
            frame = pl.DataFrame(
                {
                    "hub": hubs.gather(rng.integers(0, len(hubs), rows)),
                    "heard": texts.gather(heard),
                    "reading": readings.gather(heard),
                    "meant": texts.gather(meant),
                    "meant_reading": readings.gather(meant),
                    "worked": pl.Series(answered),
                    "known": pl.Series(known),
                }
            ).select(
                "hub",
                pl.lit(week).alias("week"),
                *(pl.lit(value).alias(name) for name, value in _SAME.items()),
                "heard",
                "reading",
                "meant",
                "meant_reading",
                pl.when(pl.col("known")).then(pl.col("worked")).alias("worked"),
                pl.lit(_EPSILON).alias("epsilon"),
            )
            frame.write_parquet(folder / f"2026-11-25-{number:05}.parquet", row_group_size=ROWS)


_SAME = {"language": "en", "confidence": "high", "day_part": "evening", "served": "", "layer": "", "batch": ""}


def cost(turns: int, *, engine: str = "local", store: Path | None = None) -> dict[str, Any]:
    """What learning so many turns costs, in a process of its own, so that only that is measured.

    `turns_per_s`; `peak_gb`: its resident memory, 10^9 bytes; `us_per_turn`; `published`: rewrites; `right`: of these
    those that undo what was heard wrong, of `planted`. store: where the turns are already. Raises MissingError.
    """
    if store is not None:
        return _measured(turns, engine, store)
    with TemporaryDirectory(prefix="edge-learn-") as folder:
        make(Path(folder), turns)
        return _measured(turns, engine, Path(folder))


def table(sizes: Sequence[int] = (100_000, 1_000_000, 10_000_000), *, engine: str = "local") -> list[dict[str, Any]]:
    """`cost` of each."""
    return [cost(size, engine=engine) for size in sizes]


def _measured(turns: int, engine: str, store: Path) -> dict[str, Any]:
    import json

    code = "import sys; from tools.learn import scale; scale.child(sys.argv[1], sys.argv[2])"
    done = subprocess.run([sys.executable, "-c", code, str(store), engine], check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    seconds = result["seconds"]
    return {
        "turns": turns,
        "seconds": round(seconds, 3),
        "turns_per_s": round(turns / seconds),
        "us_per_turn": round(1e6 * seconds / turns, 3),
        "peak_gb": round(result["peak_bytes"] / 1e9, 3),
        "planted": MISHEARD,
        "published": result["published"],
        "right": result["right"],
    }


def child(store: str, engine: str) -> None:
    """Learn a store and print what it took, as JSON: for `cost`, in a process of its own."""
    import json

    from tools.learn import learning

    using = learning.engine(engine)
    for library in ("polars", "scipy.sparse.linalg", "scipy.sparse.csgraph", "scipy.special"):
        need(library, "learn")
    began = time.perf_counter()
    what = learning.learn(Path(store), using)
    seconds = time.perf_counter() - began
    means = {words.replace(" the ", f" the miss{n} "): words for n, (words, _) in enumerate(requests()[:MISHEARD])}
    right = sum(means.get(one.heard) == one.means for one in what.published)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_bytes": peak, "published": len(what.published), "right": right}))


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Cost of a turn over the number of turns, into a file. Raises MissingError without the extra `plot`."""
    need("matplotlib", "plot")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.plot([row["turns"] for row in rows], [row["us_per_turn"] for row in rows], "o-")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("turns")
    axes.set_ylabel("µs a turn")
    figure.savefig(path)
