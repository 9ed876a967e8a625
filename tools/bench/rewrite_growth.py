"""How the rewrite cache grows: bytes, time to open, time to look up, at 1,000, 10,000 and 100,000 entries.

The entries are a home's commands with misheard words, made from templates with a fixed seed: two in three are phrases,
one in three a rule. Looked up are others, made alike: six in ten known word for word, as of the benchmark's queries,
the rest only near. Times are of one core's own clock, so that others at work do not count.
"""

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from edge.rewrite import ranker
from edge.rewrite.cache import Cache, write
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Phrase, Rule, Source
from edge.rewrite.layers import Layers
from edge.rewrite.ledger import Ledger, rule_id
from tools.bench import common

SIZES = (1_000, 10_000, 100_000)
LOOKUPS = 1_000

_VERBS = ("turn on", "turn off", "dim", "brighten", "open", "close", "set", "lock", "start", "stop", "play", "what is")
_ROOMS = ("kitchen", "bedroom", "bathroom", "hall", "office", "garage", "attic", "cellar", "nursery", "porch", "lounge")
_THINGS = (
    "light",
    "lamp",
    "fan",
    "blinds",
    "heating",
    "radio",
    "oven",
    "door",
    "window",
    "sprinkler",
    "kettle",
    "alarm",
)
_ENDS = ("", "", "please", "now", "tonight", "to half", "for an hour", "in the morning", "at nine")
_OTHERS = ("annas", "old", "new", "big", "reading", "desk", "corner", "ceiling", "floor", "green", "front", "second")


def _sentence(rng: random.Random) -> str:
    words = f"{rng.choice(_VERBS)} the {rng.choice(_ROOMS)} {rng.choice(_OTHERS)} {rng.choice(_THINGS)}"
    words = f"{words} {rng.choice(_ENDS)}".strip()
    if rng.random() < 0.8:
        at = rng.randrange(len(words))
        words = words[:at] + rng.choice("aeioubdfklmnprst") + words[at + 1 :]
    if rng.random() < 0.5:
        at = rng.randrange(len(words))
        words = words[:at] + words[at + 1 :]
    return " ".join(words.split())


def entries(count: int, rng: random.Random) -> tuple[list[Phrase], list[Rule]]:
    """So many phrases and rules together."""
    texts: dict[str, None] = {}
    while len(texts) < count:
        texts[_sentence(rng)] = None
    phrases, rules = [], []
    for number, text in enumerate(texts):
        label = f"Intent{number % 60}"
        if number % 3:
            phrases.append(Phrase(text, label, 1.0 + number % 4, float(number % 5 == 0), 20_000))
        else:
            means = _sentence(rng)
            rules.append(Rule(rule_id(text, means), text, means, Source.REPHRASED, label, 2.0))
    return phrases, rules


def grown(out: TextIO) -> dict[str, Any]:
    """The figures of each size; a table of them is written to `out`."""
    rows = [f"{'entries':>8} {'bytes':>10} {'load ms':>8} {'p50 us':>7} {'p99 us':>7}\n"]
    result: dict[str, Any] = {}
    for size in SIZES:
        took, load, written = _one(size)
        p50, p99 = common.percentile(took, 50), common.percentile(took, 99)
        rows.append(f"{size:8} {written:10} {load:8.1f} {p50:7.0f} {p99:7.0f}\n")
        result |= {
            f"cache_bytes_{size}": written,
            f"load_ms_{size}": load,
            f"lookup_us_p50_{size}": p50,
            f"lookup_us_p99_{size}": p99,
        }
    out.write("".join(rows))
    return result


def _one(size: int) -> tuple[list[float], float, int]:
    rng, encoder = random.Random(size), Encoder()  # noqa: S311 - a filling that is the same every time
    phrases, rules = entries(size, rng)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "personal.cache"
        written = write(path, phrases, rules, encoder)
        began = time.thread_time()
        cache = Cache.open(path, encoder)
        load = (time.thread_time() - began) * 1000
        layers = Layers(Ledger(), cache, encoder=encoder)
        took = []
        for number in range(LOOKUPS):
            known = rng.choice(phrases)
            text = known.text if number % 10 < 6 else _sentence(rng)
            query = ranker.Query(((text, 1.0),), known.label)
            start = time.thread_time_ns()
            ranker.rank(query, layers)
            took.append((time.thread_time_ns() - start) / 1000)
        cache.close()
    return took, load, written
