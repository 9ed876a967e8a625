"""How many reports a second the outbox takes and sends, and how small they leave.

The reports are those of simulated households (`tools.bench.reports`), a hundred of them week after week into one outbox
on the disk, with the bounds that a hub has and no network, so that the oldest are dropped in the end; then all that is
left is sent into a folder, synced batch by batch. What was heard in the same words is one batch.
"""

import argparse
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from edge.core.errors import EdgeError
from edge.upstream import batch
from edge.upstream.carriers import ToFolder
from edge.upstream.outbox import FILE, Limits, Outbox
from edge.upstream.report import TurnReport
from edge.upstream.sending import Sending
from edge.upstream.vocabulary import Vocabulary
from tools.bench import common
from tools.bench.context import seeds
from tools.bench.reports import live

BEGIN = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)


def made(seed: int, households: int, vocabulary: Vocabulary) -> list[TurnReport]:
    """Reports that differ, as households tell them in a week."""
    found: dict[bytes, TurnReport] = {}
    for one in seeds(seed, households):
        found |= {batch.content(each): each for _, each in live(one, 1, vocabulary).reports}
        sys.stderr.write(f"household {one}: {len(found)} reports so far\n")
    return list(found.values())


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """The figures."""
    vocabulary, limits = Vocabulary.load(), Limits()
    reports = made(args.seed, args.households, vocabulary)
    now = [BEGIN]
    warned: list[str] = []
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        outbox = Outbox(
            folder / FILE,
            target="sent",
            language=vocabulary.language,
            vocabulary=vocabulary.sha256,
            warn=lambda code, _: warned.append(code),
            now=lambda: now[0],
        )
        outbox.enable()
        kept, began = 0, time.perf_counter()
        for week in range(args.weeks):
            now[0] = BEGIN + dt.timedelta(days=7 * week)
            at = week * limits.weekly
            kept += sum(outbox.add(reports[n % len(reports)]) for n in range(at, at + limits.weekly))
        added_s = time.perf_counter() - began
        before, disk = outbox.status(), sum(one.stat().st_size for one in folder.iterdir())
        now[0] += dt.timedelta(days=7)
        (folder / "sent").mkdir()
        sending = Sending(
            outbox,
            ToFolder(folder / "sent"),
            rng=Random(args.seed),  # noqa: S311 - the same on every run
            clock=lambda: 0.0,
            warn=lambda code, _: warned.append(code),
        )
        began = time.perf_counter()
        sending.once()
        sent_s = time.perf_counter() - began
        sent = [one.read_bytes() for one in sorted((folder / "sent").iterdir())]
        after = outbox.status()
        outbox.close()
    return {
        "reports_per_s": round(kept / added_s),
        "bytes_per_report_compressed": round(sum(map(len, sent)) / max(1, after.sent), 1),
        "bytes_per_report": round(sum(len(batch.line(one)) for one in reports) / max(1, len(reports)), 1),
        "bytes_per_report_max": max((len(batch.line(one)) for one in reports), default=0),
        "sent_per_s": round(after.sent / sent_s),
        "reports": kept,
        "different": len(reports),
        "dropped": before.dropped,
        "sent": after.sent,
        "batches": len(sent),
        "disk_kib": disk // 1024,
        "warned": len(warned),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; exit status as documented in the README."""
    parser = common.parser("outbox", __doc__ or "")
    parser.add_argument("--seed", type=int, default=7, help="households of other seeds are others (7)")
    parser.add_argument("--households", type=int, default=4, metavar="N", help="whose reports are taken (4)")
    parser.add_argument("--weeks", type=int, default=50, metavar="N", help="of a hundred reports each (50)")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="on the disk that is measured; default: a temporary one"
    )
    args = parser.parse_args(argv)
    try:
        result = measure(args)
    except EdgeError as error:
        common.fail(str(error))
    common.emit(result, as_json=args.json, title="outbox")
    return 0


if __name__ == "__main__":
    sys.exit(main())
