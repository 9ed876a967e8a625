"""Make what the compression of batches may refer back to (`python -m tools.learn.dictionary`).

A batch holds one report nearly always, which has little in it to repeat. So zstd's own training (COVER, with the
statistics of its symbols) looks at batches of simulated households, of seeds that are never measured, and what comes of
it is part of the batch's format: whoever changes it gives `edge.upstream.batch.FORMAT` another number.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from edge.core.errors import EdgeError
from edge.upstream import batch
from edge.upstream.vocabulary import Vocabulary
from tools.bench.context import seeds
from tools.bench.reports import batches, live

OUT = Path("edge/upstream/batch.zdict")
BYTES = 4_096
"""Of the dictionary: twice as many save half a byte a batch."""
HOUSEHOLDS = 8


def samples(households: int) -> list[bytes]:
    """What batches of these households hold."""
    vocabulary, found = Vocabulary.load(), list[bytes]()
    for odd in seeds(7, households):
        seed = odd - 1
        made = batches(live(seed, 1, vocabulary).reports, vocabulary, Random(seed))  # noqa: S311 - the same on every run
        found += [batch.decompressed(one) for one in made]
        sys.stderr.write(f"household {seed}: {len(found)} batches so far\n")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.learn dictionary",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m tools.learn dictionary --out edge/upstream/batch.zdict",
    )
    parser.add_argument("--out", type=Path, default=OUT, help=f"where to write it (default {OUT})")
    parser.add_argument("--households", type=int, default=HOUSEHOLDS, metavar="N", help=f"(default {HOUSEHOLDS})")
    args = parser.parse_args(argv)
    try:
        made = batch.compression().train_dictionary(BYTES, samples(args.households))
        args.out.write_bytes(made.as_bytes())
    except (EdgeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{args.out}: {len(made.as_bytes())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
