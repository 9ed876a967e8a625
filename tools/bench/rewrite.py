"""The rewrite cache on what a real recogniser and a real NLU made of real speech: wins, losses, time and size.

history.jsonl is lived through from an empty ledger: a row that was understood as it was meant is a success, another a
failure; of one prompt's rows, in their order, what failed means what next worked, or what last had. Then every query is
offered with the reading that the NLU has of it; what it means is looked at only to judge what was served.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge.core.text import normalize
from edge.rewrite import ranker
from edge.rewrite.cache import Cache, write
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Source
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger
from tools.bench import common
from tools.bench.rewrite_growth import grown
from tools.bench.rewrite_peer import CharGrams

Row = dict[str, Any]
Served = tuple[str, str] | None
"""Text and the reading that it is known by."""


def filled(rows: Iterable[Row]) -> Ledger:
    """A ledger that has lived through the rows."""
    ledger = Ledger()
    prompts: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        prompts[row["prompt_id"]].append(row)
    for said in prompts.values():
        failed: list[str] = []
        worked: Row | None = None
        for row in said:
            won = row["predicted_intent"] == row["intent"]
            ledger.went(row["text"], row["predicted_intent"], won=won)
            if not won:
                failed.append(row["text"])
                continue
            worked = row
            _learn(ledger, failed, worked)
            failed = []
        if worked is not None:
            _learn(ledger, failed, worked)
    return ledger


def _learn(ledger: Ledger, failed: Iterable[str], worked: Row) -> None:
    for text in failed:
        ledger.instead(text, worked["text"], worked["predicted_intent"], source=Source.REPHRASED)


def judged(queries: Sequence[Row], served: Sequence[Served]) -> dict[str, Any]:
    """Counts and shares, of what was served for each query."""
    fired = wins = losses = 0
    false = defects = 0
    for row, given in zip(queries, served, strict=True):
        right = row["predicted_intent"] == row["intent"]
        defects += not right
        if given is None or normalize(row["text"]) == given[0] or given[1] == row["predicted_intent"]:
            continue
        fired += 1
        wins += not right and given[1] == row["intent"]
        losses += right and given[1] != row["intent"]
        false += right
    return {
        "queries": len(queries),
        "defects": defects,
        "fired": fired,
        "wins": wins,
        "losses": losses,
        "win_loss": wins / max(1, losses),
        "defect_reduction": (wins - losses) / max(1, defects),
        "false_fire_rate": false / max(1, len(queries) - defects),
    }


def offered(queries: Sequence[Row], answer: Callable[[str, str], Served]) -> tuple[list[Served], list[float]]:
    """What is served for each query, and the microseconds of one core that it took."""
    served, took = [], []
    for row in queries:
        began = time.thread_time_ns()
        given = answer(row["text"], row["predicted_intent"])
        took.append((time.thread_time_ns() - began) / 1000)
        served.append(given)
    return served, took


def cached(layers: Layers) -> Callable[[str, str], Served]:
    """The hub's own way from a text and its reading to what is served."""

    def answer(text: str, label: str) -> Served:
        choices = ranker.rank(_query(text, label), layers)
        if not choices or not ranker.fires(choices[0]):
            return None
        return choices[0].text, choices[0].label

    return answer


def recalled(queries: Sequence[Row], layers: Layers) -> float:
    """Share of the defects for which what was meant is among what is retrieved, whether it is served or not."""
    defects = [row for row in queries if not _worked(row)]
    ranked = ((row["intent"], ranker.rank(_query(row["text"], row["predicted_intent"]), layers)) for row in defects)
    found = sum(any(choice.label == intent for choice in choices) for intent, choices in ranked)
    return found / max(1, len(defects))


def _query(text: str, label: str) -> ranker.Query:
    return ranker.Query(((text, 1.0),), label)


def measure(history: Sequence[Row], queries: Sequence[Row], *, bits: int) -> dict[str, Any]:
    """All figures of a cache whose vectors have so many bits a weight."""
    encoder, ledger = Encoder(), filled(history)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "personal.cache"
        size = write(path, ledger.phrases(), ledger.rules(), encoder, bits=bits)
        cache = Cache.open(path, encoder)
        layers = Layers(Ledger(), cache, encoder=encoder)
        answer = cached(layers)
        offered(queries[:50], answer)  # whatever loads late is loaded
        served, took = offered(queries, answer)
        result = judged(queries, served)
        result |= {
            "lookup_us_p50": common.percentile(took, 50),
            "lookup_us_p99": common.percentile(took, 99),
            "recall": recalled(queries, layers),
            "cache_bytes": size,
            "entries": len(cache),
        }
        cache.close()
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.parser("rewrite", __doc__ or "")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--growth", action="store_true", help="a table of caches of 1,000 to 100,000 entries")
    parser.add_argument("--peers", action="store_true", help="character n-grams plus metaphone, TF-IDF, cosine, too")
    parser.add_argument("--bits", type=int, default=4, choices=(8, 4, 1), help="of a weight (default 4)")
    args = parser.parse_args(argv)
    folder = args.data / "rewrite"
    history = common.read_jsonl(folder / "history.jsonl")
    queries = common.read_jsonl(folder / "queries.jsonl")
    result = measure(history, queries, bits=args.bits)
    result |= {f"{key}_float": value for key, value in measure(history, queries, bits=32).items()}
    if args.peers:
        peer = CharGrams((row["text"], row["predicted_intent"]) for row in history if _worked(row))
        for least in peer.steps:
            served, _ = offered(queries, lambda text, label, least=least: peer.answer(text, label, least))  # type: ignore[misc]
            shown = judged(queries, served)
            sys.stderr.write(
                f"peer at {least}: {shown['wins']} wins, {shown['losses']} losses, "
                f"win_loss {shown['win_loss']:.1f}, defect_reduction {shown['defect_reduction']:.3f}\n"
            )
            result |= {f"{key}_peer_{least}": shown[key] for key in ("win_loss", "defect_reduction")}
    if args.growth:
        result |= grown(sys.stderr)
    common.emit(result, as_json=args.json, title="rewrite cache")
    return 0


def _worked(row: Row) -> bool:
    return bool(row["predicted_intent"] == row["intent"])


if __name__ == "__main__":
    raise SystemExit(main())
