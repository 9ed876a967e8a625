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
from tools.bench.expectation import large_home
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
    result |= _in_a_large_home(WideReader(grammar))
    if args.peers:
        result["hassil"] = _measure(peers.PlainHassil(grammar), rows, home, show_errors=False)
    return result


LARGE = 2000
"""Devices of the large home."""
ROUNDS = 4
_SAID = (
    *("turn on the {name}", "turn off the {name} please", "is the {name} on", "turn off the lights in the {room}"),
    *("set the {name} to 40 percent", "open the {name} and close the {other}", "what is the temperature in the {room}"),
    *(
        "turn off everything except the {room}",
        "turn off the {room} lights and the {other}",
        "make the {name} brighter",
    ),
)
_NONSENSE = (
    "and the cat and the dog went and saw a bird and then the fish and also the cow were at the fair",
    "turn and the on and the {room} and off and what is and the {name} and a lot and lock and so on and on",
    "the {name} and it was the and turn the {room} and open and dim the and the {other} stop and make it and the",
    "turn off the {name} and the {other} and the thing and the {room} and that one and the rest of them and go",
    "is the {room} and the set and to and fifty and the play of the and on and {name} and the lights and the",
    "i said to her that the {room} and the {name} and we were there and then it was off and on all day",
)
"""Some twenty words that are no request, of words that requests are made of."""


def _in_a_large_home(reader: "WideReader") -> dict[str, float]:
    """Time for requests, and for what is none, in a home of 2,000 devices, as `Understand` reads them."""
    home = large_home(LARGE)
    devices = [entity.name for entity in home.entities.values()]
    times_ms: list[float] = []
    for turn in range(ROUNDS):
        for at, template in enumerate((*_SAID, *_NONSENSE)):
            place = turn * 461 + at * 37
            name, other = (devices[(place + step) % len(devices)] for step in (0, 771))
            text = template.format(name=name, other=other, room=home.areas[place % len(home.areas)].name)
            began = time.perf_counter()
            _ = reader.interpret(text, home) or reader.nearest(text, home) or reader.unknown(text, home)
            taken_ms = (time.perf_counter() - began) * 1000
            if turn:  # the first round warms up, as the first requests after a start do
                times_ms.append(taken_ms)
    p50, p99 = common.percentile(times_ms, 50), common.percentile(times_ms, 99)
    sys.stderr.write(f"in a home of {LARGE} devices, requests and nonsense: p50 {p50:.1f} ms, p99 {p99:.1f} ms\n")
    return {"p50_ms_2000": p50, "p99_ms_2000": p99}


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
