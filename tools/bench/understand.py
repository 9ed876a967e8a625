"""Text to interpretation, in the home that the data describes, with the context given."""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any, Protocol

from edge.core.home import HomeState
from edge.core.text import normalize
from edge.core.turn import Interpretation
from edge.nlu.grammar import Grammar
from edge.nlu.reading import Reader as WideReader
from tools.bench import common, peers
from tools.bench.homes import load_home


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; see the README of the benchmark data for its keys."""
    parser = common.parser("understand", __doc__ or "")
    peers.add_argument(parser, "hassil's own choice of the best match")
    parser.add_argument("--errors", action="store_true", help="list the sentences that came out wrong")
    args = parser.parse_args(argv)
    common.emit(measure(args), as_json=args.json, title="understanding")
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Interpret every sentence once; the first call, which works out the home's names, is not timed."""
    folder = common.need(args.data / "understand")
    rows = common.read_jsonl(folder / "labels.jsonl")
    home = load_home(folder / "home.json")
    grammar = Grammar("en")
    grammar.settle()  # as the hub does before it listens
    result = _measure(WideReader(grammar), rows, home, show_errors=args.errors)
    if args.peers:
        result["hassil"] = _measure(peers.PlainHassil(grammar), rows, home, show_errors=False)
    return result


class Reader(Protocol):
    """What is measured."""

    def interpret(self, text: str, home: HomeState) -> Interpretation | None:
        """Its reading of one sentence."""
        ...


def _measure(reader: Reader, rows: Sequence[dict[str, Any]], home: HomeState, *, show_errors: bool) -> dict[str, Any]:
    reader.interpret("turn on the light", home)
    intent_right = slots_right = 0
    times_ms: list[float] = []
    for row in rows:
        placed = _with_mic_area(home, row["context"].get("area"))
        began = time.perf_counter()
        interpretation = reader.interpret(row["text"], placed)
        times_ms.append((time.perf_counter() - began) * 1000)
        right_intent = interpretation is not None and interpretation.intent == row["intent"]
        right_slots = right_intent and interpretation is not None and _has_slots(interpretation, row["slots"])
        intent_right += right_intent
        slots_right += right_slots
        if show_errors and not right_slots:
            said = {s.name: s.value for s in interpretation.slots} if interpretation else None
            intent = interpretation.intent if interpretation else None
            sys.stderr.write(f"{row['text']}\n  wanted {row['intent']} {row['slots']}\n  got    {intent} {said}\n")
    return {
        "intent_right": intent_right,
        "slots_right": slots_right,
        "total": len(rows),
        "intent_accuracy": intent_right / len(rows),
        "slot_accuracy": slots_right / len(rows),
        "latency_ms_p50": common.percentile(times_ms, 50),
        "latency_ms_p99": common.percentile(times_ms, 99),
    }


def _with_mic_area(home: HomeState, area: str | None) -> HomeState:
    mic_area = home.areas_named(area)[0].id if area else None
    return HomeState(home.entities, home.areas, home.floors, mic_area, home.taken_ms)


def _has_slots(interpretation: Interpretation, wanted: dict[str, Any]) -> bool:
    for name, value in wanted.items():
        found = interpretation.slot(name)
        allowed = value if isinstance(value, list) else [value]
        if not any(_same(found, one) for one in allowed):
            return False
    return True


def _same(found: object, wanted: object) -> bool:
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return float(found) == float(wanted)
    return found is not None and normalize(str(found)) == normalize(str(wanted))


if __name__ == "__main__":
    raise SystemExit(main())
