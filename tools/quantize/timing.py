"""What a model costs: time to load, time for one input and memory, each in a process of its own."""

import importlib
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Opener = Callable[[tuple[Path, ...]], Callable[[Any], object]]
"""Opens a model's files and returns what runs one input; a function of a module."""

_WARM = 3


@dataclass(frozen=True, slots=True)
class Timing:
    """As `tools.quantize.family.Measured` has them."""

    us_p50: float
    load_ms: float
    memory_mb: float


def timing(opener: Opener, files: tuple[Path, ...], inputs: Sequence[Any], *, libraries: Sequence[str]) -> Timing:
    """Open the files and run every input once, after the first few have been run to get warm.

    libraries: modules that are loaded before the clock and the memory start to count.
    """
    # What this process has loaded, and the memory that it has free, must not be counted or be hidden.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_timing, (opener, files, inputs, libraries))


def _timing(opener: Opener, files: tuple[Path, ...], inputs: Sequence[Any], libraries: Sequence[str]) -> Timing:
    for library in libraries:
        importlib.import_module(library)
    before = _resident()
    began = time.perf_counter()
    run = opener(files)
    load_ms = (time.perf_counter() - began) * 1e3
    for given in inputs[:_WARM]:
        run(given)
    took = []
    for given in inputs:
        began = time.perf_counter()
        run(given)
        took.append(time.perf_counter() - began)
    return Timing(statistics.median(took) * 1e6, load_ms, max(0.0, (_resident() - before) / 1e6))


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
