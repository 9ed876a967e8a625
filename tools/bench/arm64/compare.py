"""Two machines' results, value by value: the same words and numbers, floats within what is stated for their kind."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

TOLERANCES: Mapping[str, float] = {
    "wake_scores": 0.02,
    "speech": 0.02,
    "confidence": 0.005,
    "score": 0.001,
    "near": 0.00001,
    "proposed": 0.001,
}
"""Largest difference that is none, of floats below a key of that name: of the innermost that is listed. All of them
lie between 0 and 1. The nearest texts' similarities are sums of few products; the others come out of models."""
EXACT = "elsewhere"


class Comparison:
    """What differs, and by how much what may differ does."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        """Where, and both values."""
        self.largest: dict[str, float] = {}
        """Largest difference of the floats of each kind."""
        self.values = 0
        """How many were compared."""

    def compare(self, here: object, there: object, where: str = "", kind: str = EXACT) -> None:
        """Two JSON values; of objects and lists, all that is in them. kind: a key of `TOLERANCES`, or `EXACT`."""
        if isinstance(here, dict) and isinstance(there, dict):
            for key in sorted({*here, *there}):
                if key in here and key in there:
                    self.compare(here[key], there[key], f"{where}/{key}", key if key in TOLERANCES else kind)
                else:
                    self._differs(f"{where}/{key}", here.get(key), there.get(key))
        elif isinstance(here, list) and isinstance(there, list):
            if len(here) != len(there):
                self._differs(f"{where}, how many", len(here), len(there))
            for number, (one, other) in enumerate(zip(here, there, strict=False)):
                self.compare(one, other, f"{where}[{number}]", kind)
        elif isinstance(here, float) and isinstance(there, float):
            self._floats(here, there, where, kind)
        else:
            self.values += 1
            if type(here) is not type(there) or here != there:
                self._differs(where, here, there)

    def _floats(self, here: float, there: float, where: str, kind: str) -> None:
        self.values += 1
        apart = abs(here - there)
        if not math.isfinite(apart):
            self._differs(where, here, there)
            return
        self.largest[kind] = max(self.largest.get(kind, 0.0), apart)
        if apart > TOLERANCES.get(kind, 0.0):
            self._differs(where, here, there)

    def _differs(self, where: str, here: object, there: object) -> None:
        self.differences.append(f"{where.removeprefix('/')}: {here!r} here, {there!r} on aarch64")


def told(turn: Mapping[str, Any]) -> dict[str, Any]:
    """What a turn of `edge say --json` or `edge replay --json` comes to, without clocks, ids and what was before it."""
    utterance = turn["utterance"]
    outcome = turn["outcome"] or {"commands": []}
    return {
        "heard": [dict(each) for each in utterance["hypotheses"]],
        **{key: utterance[key] for key in ("wake", "began_ms", "ended_ms", "end_reason")},
        **{key: turn[key] for key in ("rewrite", "readings", "interpretation", "weighed", "plan", "failure_point")},
        "results": [[each["entity_id"], each["result"], each["code"]] for each in outcome["commands"]],
        "reply": (turn["reply"] or {}).get("text"),
        "stages": [[span["stage"], span["status"], span["code"]] for span in turn["spans"]],
    }


def counted(results: Mapping[str, Any]) -> dict[str, int]:
    """How much of each kind one machine's results hold."""
    turns = [turn for each in results["replay"].values() for turn in each]
    lists = [*(each for model in results["wake_scores"].values() for each in model.values())]
    return {
        "requests typed": len(results["say"]),
        "recordings replayed": len(results["replay"]),
        "turns of them": len(turns),
        "plans with commands": sum(bool(turn["plan"] and turn["plan"]["commands"]) for turn in turns),
        "wake scores": sum(map(len, lists)),
        "speech probabilities": sum(map(len, results["speech"].values())),
        "rewrite lookups": len(results["rewrites"]["lookups"]),
    }


def json_lines(text: str) -> Iterator[Any]:
    """Each line that is one JSON object."""
    import json

    yield from (json.loads(line) for line in text.splitlines() if line.startswith("{"))
