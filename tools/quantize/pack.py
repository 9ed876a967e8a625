"""Family `pack`: the rewrite cache with 32, 8, 4 and 1 bits a weight.

A hub writes its own packs, with 4 bits (`edge.rewrite.encoder` says why), so that none is shipped from here. What is
built is one pack of a fixed content for its size: sentences drawn from the templates, and the paraphrases of
`paraphrases_en.tsv` as rules. What is measured is `tools.bench.rewrite`: that many bits on what real people said.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from edge.core.errors import InputError
from edge.core.text import normalize
from edge.rewrite.cache import Cache, write
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Phrase, Rule, Source
from edge.rewrite.ledger import rule_id
from tools.quantize.family import Measured, Progress, Variant, kept
from tools.quantize.home_sentences import FILES, home_sentences
from tools.quantize.nearest_sentences import OWN
from tools.quantize.recipe import Recipe

VARIANTS = {"float32": 32, "int8": 8, "int4": 4, "binary": 1}
SHARES = ("defect_reduction", "recall", "win_loss", "false_fire_rate")


@dataclass(frozen=True, slots=True)
class Options:
    """What a recipe chooses."""

    phrases: int = 2_500
    """Of the pack that is built for its size."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not 1 <= self.phrases <= 10_000:
            raise ValueError("phrases: expected 1 to 10000")


class Pack:
    """The family."""

    options = Options

    def reads(self) -> Sequence[Path]:
        """The hub's own sentences, and the paraphrases."""
        return (*FILES, OWN)

    def build(self, recipe: Recipe, work: Path, *, progress: Progress) -> tuple[Variant, ...]:
        """One pack for each number of bits, the float one first. Raises EdgeError."""
        phrases, rules = _content(recipe.options.phrases)
        found = []
        for done, (name, bits) in enumerate(VARIANTS.items()):
            progress(f"{recipe.id}: packs", done, len(VARIANTS))
            path = kept(work / f"{recipe.id}.{name}", _writer(phrases, rules, bits))
            found.append(Variant(name, (path,), bits, name in recipe.ship))
        progress(f"{recipe.id}: packs", len(VARIANTS), len(VARIANTS))
        return tuple(found)

    def measure(self, recipe: Recipe, variant: Variant, *, data: Path | None, progress: Progress) -> Measured | None:
        """Points: 100 times defect_reduction. Counts: recall, wins, losses and the rest of that benchmark."""
        if data is None or not (data / "rewrite" / "queries.jsonl").is_file():
            return None
        progress(f"{recipe.id} {variant.name}: rewrites", 0, 1)
        told = _benchmark(data, 4 if variant.bits == 32 else variant.bits)
        progress(f"{recipe.id} {variant.name}: rewrites", 1, 1)
        end = "_float" if variant.bits == 32 else ""
        names = ("queries", "defects", "fired", "wins", "losses", *SHARES, "cache_bytes", "lookup_us_p99")
        counts = {name: told[name + end] for name in names}
        began = time.perf_counter()
        opened = Cache.open(variant.files[0], Encoder())
        load_ms = (time.perf_counter() - began) * 1000
        opened.close()
        # What is mapped is all that it takes, and no more than that.
        memory_mb = variant.bytes / 1e6
        return Measured(100 * told["defect_reduction" + end], counts, told["lookup_us_p50" + end], load_ms, memory_mb)


def _writer(phrases: list[Phrase], rules: list[Rule], bits: int) -> Callable[[Path], object]:
    return lambda aside: write(aside, phrases, rules, Encoder(), bits=bits)


def _content(count: int) -> tuple[list[Phrase], list[Rule]]:
    drawn = {said.text: said.intent for said in home_sentences(2)}
    meant = {intent: text for text, intent in drawn.items()}
    phrases = [Phrase(text, intent, wins=1.0) for text, intent in list(drawn.items())[:count]]
    rules = []
    for line in OWN.read_text(encoding="utf-8").splitlines():
        intent, text = line.split("\t")
        heard, means = normalize(text), meant.get(intent)
        if means is not None and heard not in drawn:
            rules.append(Rule(rule_id(heard, means), heard, means, Source.REPHRASED, intent, wins=1.0))
    return phrases, rules


@cache
def _benchmark(data: Path, bits: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tools.bench.rewrite", "--data", str(data), "--bits", str(bits), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise InputError("quantize.measure", f"tools.bench.rewrite: {run.stderr.strip()[-300:]}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


FAMILY = Pack()
