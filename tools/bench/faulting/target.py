"""What the targets share: what one is, and where it writes.

A target takes bytes and either uses them or raises EdgeError, which is what it is documented to do. Whatever else comes
of them is a defect. Seeds are good inputs; some are sealed again after they were spoilt (checksums, signatures), as
else nothing behind the seal would ever be reached.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Use = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """One reader. Its `make` is given a folder to write in, in the process that uses it."""

    name: str
    make: Callable[[Path], tuple[Use, Sequence[bytes]]]
    """Returns the reader and its seeds."""
    seal: Callable[[bytes, random.Random], bytes] = lambda data, _: data
    """Makes what was spoilt look whole, now and then."""


def written(path: Path, data: bytes) -> Path:
    """The path, with this in the file."""
    path.write_bytes(data)
    return path
