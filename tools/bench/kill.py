"""Power cuts: a process that learns is killed (SIGKILL) at random moments, again and again, over the same files.

It lives through the hub's own past and rewrites: requests that fail, are said otherwise and work, each pair teaching a
rewrite, with the packed file made anew every few. After every kill the store must open whole, the packed file must be
whole and readable, and at most the turn that was open is lost. What was told to be written (a line a turn on standard
output, printed when the next one begins) must be there.
"""

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.core.home import Entity, HomeState
from edge.core.turn import (
    Command,
    CommandOutcome,
    Hypothesis,
    Interpretation,
    Outcome,
    Plan,
    Result,
    Slot,
    Span,
    Turn,
    Utterance,
    Verb,
)
from edge.feedback.store import FILE, Store
from edge.past import of_home
from edge.profile import Profile, load_profile
from edge.rewrite.cache import Cache
from edge.rewriting import cache_file, rewrites_of_home
from tools.bench import common

PAIRS = 150
"""Different phrases; after them the same are said again."""
LONGEST_S = 0.4
"""A process that has begun lives no longer than this."""
FASTER = 20_000.0
"""The clock by which the packed file is made now and then runs so much faster."""
STARTING = 0.1
"""Share of kills that come before it has begun."""
_NAME = "house"
_HOME = HomeState.of([Entity("light.hall", "light", "Hall Light", state="off")])


def profile_of(folder: Path) -> Profile:
    """Everything default, with its files there."""
    overrides = [f"paths.data_dir={folder}"]
    return load_profile(board="x86-64", environ={"HOME": str(folder)}, system_paths=(), overrides=overrides)


def live(folder: Path, first: int) -> None:
    """Learn until the end comes. first: number of the first turn."""
    profile = profile_of(folder)
    past = of_home(profile, _NAME, learns=False)
    assert past.store is not None
    past.rewrites = rewrites_of_home(profile, _NAME, past.store, lasting=True, steady=lambda: FASTER * time.monotonic())
    number = first
    while True:
        past.takes(f"{number}")
        context = past.context(_HOME)
        turn = replace(_turn(number), opened_ms=time.time_ns() // 1_000_000, context=context)
        past.ended(turn)
        while past.store.turn(turn.id) is None:  # people speak more slowly than a disk writes
            time.sleep(0.0005)
        print(number, flush=True)
        number += 1


def _turn(number: int) -> Turn:
    """Every other turn fails; the next is what was meant."""
    pair, right = number // 2 % PAIRS, number % 2
    text = f"turn on the hall light {pair} times" if right else _missed(pair)
    turn = Turn(f"{number}", 0, _HOME, Utterance((Hypothesis(text, 1.0),)))
    if not right:
        return replace(turn, spans=(Span("understand", 1.0, "failed", "understand.no_intent"),))
    said = Interpretation("HassTurnOn", (Slot("name", "Hall Light", "hall light"),), text)
    done = Outcome((CommandOutcome("light.hall", Result.CONFIRMED),))
    plan = Plan(commands=(Command("light.hall", Verb.TURN_ON, {"brightness": pair % 100}),))
    return replace(turn, interpretation=said, readings=(said,), plan=plan, outcome=done, spans=(Span("act", 1.0),))


def _missed(pair: int) -> str:
    return f"torn on the whole light {pair} times"


class Killed:
    """What was found after all kills so far."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._rng = folder, random.Random(seed)  # noqa: S311 - moments, and they are to be repeatable
        self.kills = self.broken_stores = self.broken_caches = self.turns_lost = self.rules_lost = self.turns = 0
        self.caches_seen = 0
        self.most_lost = 0
        self._next = 0

    def once(self) -> None:
        """Start it, kill it, and look."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.kill", "--child", str(self._folder), "--first", f"{self._next}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        told = ""
        if self._rng.random() < STARTING:
            time.sleep(self._rng.uniform(0, 2 * LONGEST_S))
        else:
            told = process.stdout.readline()
            time.sleep(self._rng.uniform(0, LONGEST_S))
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        self.kills += 1
        # The last line may have been cut.
        lines = [line for line in (told + rest).splitlines(keepends=True) if line.endswith("\n")]
        written = int(lines[-1]) if lines else self._next - 1
        self._look(written)
        self.turns += written - self._next + 1
        self._next = written + 2  # one more may be there, which was not told of any more

    def _look(self, written: int) -> None:
        found: list[str] = []
        store = Store(self._folder / FILE, _NAME, lambda code, _: found.append(code))
        kept = {int(turn.id) for turn in store.turns()}
        db = sqlite3.connect(self._folder / FILE)
        whole = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
        aside = [path for path in self._folder.iterdir() if "broken" in path.name]
        self.broken_stores += not whole or bool(found) or bool(aside)
        lost = sum(number not in kept for number in range(max(self._next, written - 100), written + 1))
        self.turns_lost += lost
        self.most_lost = max(self.most_lost, lost)
        profile = profile_of(self._folder)
        for path in (cache_file(profile, _NAME), Path(f"{cache_file(profile, _NAME)}.last")):
            if path.exists():
                self.caches_seen += 1
                try:
                    Cache.open(path).close()
                except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                    sys.stderr.write(f"{path.name}: {type(error).__name__}: {error}\n")
                    self.broken_caches += 1
        rewrites = rewrites_of_home(profile, _NAME, store, lasting=True)
        known = {rule.heard for rule in rewrites.rules()}
        # A pair has been learned when the turn after it began, and the one after that was written.
        learned = range(self._next + self._next % 2, written - 3, 2)
        self.rules_lost += sum(_missed(number // 2 % PAIRS) not in known for number in learned)
        rewrites.close()
        store.close()


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Kill it so often."""
    with tempfile.TemporaryDirectory(prefix="edge-kill-") as folder:
        found = Killed(Path(folder), args.seed)
        for _ in range(args.kills):
            found.once()
    return {
        "kills": found.kills,
        "turns": found.turns,
        "broken_stores": found.broken_stores,
        "broken_caches": found.broken_caches,
        "caches_seen": found.caches_seen,
        "turns_lost": found.turns_lost,
        "most_lost_by_one_kill": found.most_lost,
        "rules_lost": found.rules_lost,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 where anything was lost or broken."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.kill", description=__doc__, epilog="example: python -m tools.bench.kill --kills 500"
    )
    parser.add_argument("--kills", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="other moments for every seed (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.child is not None:
        live(args.child, args.first)
    found = measure(args)
    common.emit(found, as_json=args.json, title="power cuts")
    bad = ("broken_stores", "broken_caches", "turns_lost", "rules_lost")
    return int(any(found[key] for key in bad))


if __name__ == "__main__":
    raise SystemExit(main())
