"""Keeps reports and sends them until it is killed: `python -m tests.unit.upstream.killed FOLDER FIRST`."""

import sys
from itertools import islice
from pathlib import Path
from random import Random

from edge.upstream.carriers import ToFolder
from edge.upstream.outbox import FILE, Limits, Outbox
from edge.upstream.sending import Sending
from edge.upstream.vocabulary import Vocabulary
from tests.unit.upstream.reports_made import reports

LIMITS = Limits(weekly=1_000, in_batch=5)


def main(folder: Path, first: int) -> None:
    """Prints the number of each report that is on disk."""
    outbox = Outbox(
        folder / FILE,
        target="sent",
        language="en",
        vocabulary=Vocabulary.load().sha256,
        warn=lambda *_: None,
        limits=LIMITS,
    )
    outbox.enable()
    sending = Sending(outbox, ToFolder(folder / "sent"), rng=Random(7), clock=lambda: 0.0, warn=lambda *_: None)
    for number, one in islice(enumerate(reports()), first, None):
        if outbox.add(one):
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
        sending.once()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
