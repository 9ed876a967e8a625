"""A table of word vectors, as a hub reads it: nearest-sentence accuracy, time for a sentence, time and memory to load.

`tools.quantize.nearest_sentences` says what is counted. The time is that of one core for one sentence in normal form,
of the same items, one after the other.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.core.errors import EdgeError
from edge.nlu.static_encoder import StaticEncoder
from edge.resources import data_dir
from tools.bench import common
from tools.quantize.nearest_sentences import accuracy, items

SHIPPED = Path("home-encoder-en") / "home-encoder-en.int8"
ROUNDS = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.parser("encoder", __doc__ or "")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--file", type=Path, help="the table (default: the one that hubs get)")
    parser.add_argument("--no-data", action="store_true", help="with what the project carries itself alone")
    args = parser.parse_args(argv)
    try:
        result = measure(args.file or data_dir("models") / SHIPPED, None if args.no_data else args.data)
    except EdgeError as error:
        common.fail(str(error))
    common.emit(result, as_json=args.json, title="word vectors")
    return 0


def measure(file: Path, data: Path | None) -> dict[str, Any]:
    """Points, counts and costs of one table. Raises InputError (`encoder.file`)."""
    import numpy as np  # noqa: F401 - loaded before, so that neither time nor memory is counted

    before, began = common.peak_rss_mb(), time.perf_counter()
    encoder = StaticEncoder.open(file)
    encoder.vector("turn on the kitchen light")
    load_ms, memory_mb = (time.perf_counter() - began) * 1000, common.peak_rss_mb() - before
    points, counts = accuracy(encoder.vectors, data)
    times_us: list[float] = []
    for text in [item.text for item in items(data)] * ROUNDS:
        begun = time.thread_time_ns()
        encoder.vector(text)
        times_us.append((time.thread_time_ns() - begun) / 1000)
    return {
        "points": points,
        **counts,
        "us_p50": common.percentile(times_us, 50),
        "us_p99": common.percentile(times_us, 99),
        "load_ms": load_ms,
        "memory_mb": memory_mb,
        "bytes": file.stat().st_size,
        "words": len(encoder),
        "dims": encoder.dims,
    }


if __name__ == "__main__":
    raise SystemExit(main())
