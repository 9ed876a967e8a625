"""Inputs that nobody should send, to every reader of the hub: nothing may crash, and nothing may hang.

They are made of good ones, and of those that led somewhere new: to another code, another place that raised, another
kind of result. The readers run in a process of its own, which a watchdog ends where one input takes too long, and
which may fall over; the input that it was at is in memory shared with the watchdog, so that it is kept in any case.
Numbered inputs of one seed are the same at every run, for as long as the process does not fall over.
"""

import argparse
import mmap
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from tools.bench import common

HANG_S = 5.0
"""No input may take longer; the dearest good one takes milliseconds."""
_MEMORY = 4 << 30
"""Bytes of address space: what wants more has believed a length."""
_SLOT = struct.Struct("<QId")
"""Number of the input, its length, and when it was begun, by the clock that never jumps."""
_ROOM = 1 << 20
_START_S = 60.0


class Found(NamedTuple):
    """One way to crash or hang."""

    target: str
    what: str
    """Type and place of what was raised, a signal, or that it took too long."""
    file: str
    """The input, kept."""


def measure(seconds: float, seed: int, keep: Path, only: str | None = None) -> dict[str, Any]:
    """Feed them all, one after the other. keep: folder that inputs are kept in which should not have been found."""
    from tools.bench.faulting.targets import TARGETS

    chosen = [target.name for target in TARGETS if only in (None, target.name)]
    inputs: dict[str, int] = {}
    crashes: list[Found] = []
    hangs: list[Found] = []
    ways = 0
    for number, name in enumerate(chosen):
        found = _Fed(name, seed, keep)
        found.run(seconds / len(chosen))
        inputs[name] = found.inputs
        ways += found.ways
        crashes += found.crashes
        hangs += found.hangs
        common.progress(number + 1, len(chosen), "readers fed")
    for one in (*crashes, *hangs):
        sys.stderr.write(f"{one.target}: {one.what}: {one.file}\n")
    return {
        "inputs": sum(inputs.values()),
        "crashes": len(crashes),
        "hangs": len(hangs),
        "fuzzed": inputs,
        "ways": ways,
        "found": [one._asdict() for one in (*crashes, *hangs)],
        "found_in": str(keep) if crashes or hangs else None,
    }


class _Fed:
    """One reader, fed until its time is over."""

    def __init__(self, name: str, seed: int, keep: Path) -> None:
        self._name, self._seed, self._keep = name, seed, keep
        self.inputs = self.ways = 0
        self.crashes: list[Found] = []
        self.hangs: list[Found] = []
        self._places: set[str] = set()

    def run(self, seconds: float) -> None:
        until, first = time.monotonic() + seconds, 0
        with tempfile.TemporaryDirectory(prefix="edge-fuzz-") as folder:
            while time.monotonic() < until:
                first = self._one_process(Path(folder), first, until)

    def _one_process(self, folder: Path, first: int, until: float) -> int:
        """Until the time is over, or it falls over; number of the input after the last."""
        slot = folder / "slot"
        slot.write_bytes(bytes(_ROOM))
        with slot.open("r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
            child = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tools.bench.faulting.fuzz", self._name, str(self._seed), str(first)),
                    *(str(slot), f"{max(0.0, until - time.monotonic()):.3f}", str(folder)),
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            began = time.monotonic()
            hung = False
            while child.poll() is None and not hung:
                time.sleep(0.05)
                number, _, since = _SLOT.unpack_from(shared)
                slow = time.monotonic() - since > HANG_S if since else time.monotonic() - began > _START_S
                hung = slow and _SLOT.unpack_from(shared)[0] == number
            number, size, since = _SLOT.unpack_from(shared)
            data = bytes(shared[_SLOT.size : _SLOT.size + size])
            if hung:
                child.kill()
            out, errors = child.communicate()
            if not since:
                common.fail(f"{self._name} cannot be fed: {errors}")
            self._read(out, folder)
            self.inputs += number - first
            if hung:
                self._found(self.hangs, f"more than {HANG_S:g} s", data)
            elif child.returncode != 0:
                self._found(self.crashes, f"exit status {child.returncode}", data)
            return int(number)

    def _read(self, out: str, folder: Path) -> None:
        for line in out.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "raised":
                number, _, what = rest.partition(" ")
                self._found(self.crashes, what, (folder / f"raised-{number}").read_bytes())
            elif kind == "ways":
                self.ways += int(rest)

    def _found(self, where: list[Found], what: str, data: bytes) -> None:
        if what in self._places:
            return
        self._places.add(what)
        self._keep.mkdir(parents=True, exist_ok=True)
        path = self._keep / f"{self._name}-{len(self._places)}"
        path.write_bytes(data)
        where.append(Found(self._name, what, str(path)))


def feed(name: str, seed: int, *, first: int, slot: Path, seconds: float, folder: Path) -> None:
    """Feed one reader, in a process of its own, which tells on standard output of what was raised."""
    import logging

    from edge.core.errors import EdgeError
    from tools.bench.faulting.mutate import mutated
    from tools.bench.faulting.targets import TARGETS

    logging.disable(logging.CRITICAL)
    target = next(one for one in TARGETS if one.name == name)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    use, seeds = target.make(work)
    for good in seeds:
        use(target.seal(good, random.Random(0)))  # noqa: S311 - a seed that is no good one would lead nowhere
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    corpus, ways = list(seeds), set[str]()
    raised: set[str] = set()
    until = time.monotonic() + seconds
    with slot.open("r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
        number = first
        while time.monotonic() < until:
            rng = random.Random(f"{seed} {name} {number}")  # noqa: S311 - inputs are to be the same again
            spoilt = mutated(corpus[rng.randrange(len(corpus))], rng, corpus)
            data = target.seal(spoilt, rng)[: _ROOM - _SLOT.size]
            shared[_SLOT.size : _SLOT.size + len(data)] = data
            _SLOT.pack_into(shared, 0, number, len(data), time.monotonic())
            try:
                way = f"result {use(data)!r}"[:200]
            except EdgeError as error:
                way = f"{error.code} {_place(error)}"
            except Exception as error:  # noqa: BLE001 - what is looked for
                what = f"{type(error).__name__} at {_place(error)}"
                if what not in raised:
                    raised.add(what)
                    (folder / f"raised-{number}").write_bytes(data)
                    sys.stdout.write(f"raised {number} {what}\n")
                way = what
            number += 1
            if way not in ways and len(corpus) < 2_000:
                ways.add(way)
                corpus.append(spoilt)
        _SLOT.pack_into(shared, 0, number, 0, time.monotonic())
    sys.stdout.write(f"ways {len(ways)}\n")
    sys.stdout.flush()
    os._exit(0)  # what a reader may have left behind is not what is looked at


def _place(error: BaseException) -> str:
    """Where it was raised: file and line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def main() -> None:
    """The process that is fed."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.faulting.fuzz", description=feed.__doc__)
    parser.add_argument("name")
    parser.add_argument("seed", type=int)
    parser.add_argument("first", type=int)
    parser.add_argument("slot", type=Path)
    parser.add_argument("seconds", type=float)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    feed(args.name, args.seed, first=args.first, slot=args.slot, seconds=args.seconds, folder=args.folder)


if __name__ == "__main__":
    main()
