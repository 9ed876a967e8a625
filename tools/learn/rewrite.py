"""Train the weights of the rewrite ranker on a history such as the rewrite benchmark's, and cross-validate them.

A row is left out at a time (in folds), the rest fills a cache as living would, and what the ranker then finds near the
row is an example. Weights are those of a log-linear model over all choices, that all is well, and that nothing is
right, by Adam (Kingma and Ba 2015) on the log-likelihood with a quadratic penalty. They are tried on the prompts of the
other half before all are used; queries are never read. A few weights that such a history cannot tell are set by hand.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.text import normalize
from edge.rewrite import ranker
from edge.rewrite.cache import Cache, packed
from edge.rewrite.encoder import Encoder
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from tools.bench import common
from tools.bench.rewrite import filled

OUT = Path("edge/rewrite/weights.json")
FOLDS = 10
SHARED = (
    "bias", "own_won", "own_lost", "own_near", "own_lost_near", "own_share", "own_fails", "own_never", "own_known",
    "own_fares",
)  # fmt: skip
"""Features of the query alone; with them, that nothing is right is scored."""
OWN = ("near", "ahead", "share", "support", "odds", "rule", "exact_rule")
"""Features of a choice."""
BY_HAND = {"not_content": 1.0, "unsure": 0.5}
"""What a history of an assistant that is always content and never says how well it heard cannot tell."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One row of the history, met by all others."""

    prompt: int
    well: bool
    """Whether it was understood as it was meant."""
    features: tuple[dict[str, float], ...]
    """Of each choice; none: the ranker leaves it alone."""
    right: tuple[bool, ...]


def examples(rows: Sequence[dict[str, Any]]) -> list[Example]:
    """Each row whose prompt was said at least twice, met by a cache of the other folds."""
    said = Counter(row["prompt_id"] for row in rows)
    seen: Counter[int] = Counter()
    folds = []
    for row in rows:
        folds.append((seen[row["prompt_id"]] + 7 * row["prompt_id"]) % FOLDS)
        seen[row["prompt_id"]] += 1
    encoder, made = Encoder(), []
    for fold in range(FOLDS):
        ledger = filled([row for row, its in zip(rows, folds, strict=True) if its != fold])
        layers = Layers(Ledger(), Cache(packed(ledger.phrases(), ledger.rules(), encoder), encoder), encoder=encoder)
        for row, its in zip(rows, folds, strict=True):
            if its == fold and said[row["prompt_id"]] > 1:
                made.append(_example(row, layers))
    return made


def _example(row: dict[str, Any], layers: Layers) -> Example:
    text = normalize(row["text"])
    query = ranker.Query(((text, 1.0),), row["predicted_intent"])
    weighed = []
    if not ranker.usually_works(layers.exact(text), query):
        weighed = ranker.weigh(query, text, layers.near(text, ranker.NEAR, least=ranker.FAR), layers.label(query.label))
    return Example(
        row["prompt_id"],
        row["predicted_intent"] == row["intent"],
        tuple(features for _, features in weighed),
        tuple(target.label == row["intent"] for target, _ in weighed),
    )


def fit(found: Sequence[Example], *, penalty: float, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Weights of a choice, and of that nothing is right."""
    used = [example for example in found if example.features]
    names = SHARED + OWN
    choice = np.array([[f.get(n, 0.0) for n in names] for e in used for f in e.features])
    nothing = np.array([[e.features[0].get(n, 0.0) for n in SHARED] for e in used])
    group = np.repeat(np.arange(len(used)), [len(e.features) for e in used])
    right = np.array([float(r and not e.well) for e in used for r in e.right])
    lost = 1.0 - np.minimum(1.0, np.bincount(group, right, minlength=len(used)) + [float(e.well) for e in used])
    weights, first, second = (np.zeros(len(names) + len(SHARED)) for _ in range(3))
    for number in range(1, rounds + 1):
        odds = np.exp(np.minimum(choice @ weights[: len(names)], 30))
        none = np.exp(np.minimum(nothing @ weights[len(names) :], 30))
        whole = 1 + none + np.bincount(group, odds, minlength=len(used))
        slope = np.concatenate([choice.T @ (odds / whole[group] - right), nothing.T @ (none / whole - lost)])
        slope = slope / len(used) + penalty * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        pace = 0.1 * (1 - number / (rounds + 1))
        weights -= pace * (first / (1 - 0.9**number)) / (np.sqrt(second / (1 - 0.999**number)) + 1e-8)
    rounded = [round(float(weight), 2) for weight in weights]
    return dict(zip(names, rounded, strict=False)), dict(zip(SHARED, rounded[len(names) :], strict=True))


def outcome(found: Sequence[Example], weights: ranker.Weights) -> Counter[str]:
    """Counts of queries, defects, fired, wins and losses."""
    counts: Counter[str] = Counter(queries=len(found))
    for example in found:
        counts["defects"] += not example.well
        targets = [ranker.Target(str(at)) for at in range(len(example.features))]
        choices = ranker.weighed_choices(list(zip(targets, example.features, strict=True)), weights)
        if choices and ranker.fires(choices[0], weights):
            counts["fired"] += 1
            counts["wins"] += not example.well and example.right[int(choices[0].label)]
            counts["losses"] += example.well
    return counts


def crossed(found: Sequence[Example], odds: float, least: float, *, penalty: float, rounds: int) -> Counter[str]:
    """The outcome on each half of the prompts with the weights of the other."""
    halves = [[e for e in found if e.prompt % 2 == side] for side in (0, 1)]
    total: Counter[str] = Counter()
    for held, used in (halves, halves[::-1]):
        choice, nothing = fit(used, penalty=penalty, rounds=rounds)
        total += outcome(held, ranker.Weights(choice, nothing, odds, least))
    return total


def main(argv: Sequence[str] | None = None) -> int:
    """Make the examples, cross-validate, train, and write the weights."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.learn.rewrite",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m tools.learn.rewrite --data ../shared/bench",
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/bench"), help="folder of benchmark data")
    parser.add_argument("--penalty", type=float, default=0.001, help="of the squared weights (default 0.001)")
    parser.add_argument("--rounds", type=int, default=400, help="of the optimiser (default 400)")
    parser.add_argument("--odds", type=float, default=1.0, help="how much likelier than that all is well (default 1)")
    parser.add_argument("--least", type=float, default=0.1, help="probability to fire at (default 0.1)")
    parser.add_argument("--table", action="store_true", help="cross-validate other odds and probabilities, too")
    parser.add_argument("--out", type=Path, default=OUT, help="file of weights to write")
    args = parser.parse_args(argv)
    path = args.data / "rewrite" / "history.jsonl"
    found = examples(common.read_jsonl(path))
    tried = [(odds, least) for odds in (0.8, 1.0, 1.5, 2.0, 3.0) for least in (0.0, 0.1, 0.15, 0.2, 0.3)]
    for odds, least in tried if args.table else [(args.odds, args.least)]:
        counts = crossed(found, odds, least, penalty=args.penalty, rounds=args.rounds)
        reduced = (counts["wins"] - counts["losses"]) / max(1, counts["defects"])
        sys.stderr.write(f"odds {odds} least {least}: {dict(counts)}, defects less by {reduced:.3f}\n")
    choice, nothing = fit(found, penalty=args.penalty, rounds=args.rounds)
    data = {
        "history": hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        "examples": len(found),
        "penalty": args.penalty,
        "rounds": args.rounds,
        "by_hand": BY_HAND,
        "encoder": Encoder().hash,
    }
    stored = {
        "trained_by": "tools.learn.rewrite",
        "data": data,
        "odds": args.odds,
        "least": args.least,
        "choice": choice | BY_HAND,
        "nothing": nothing | BY_HAND,
    }
    args.out.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    sys.stderr.write(f"{len(choice) + len(nothing)} weights written to {args.out.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
