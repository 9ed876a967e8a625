"""What every benchmark shares: the data folder, audio, noise at a known level, and one JSON object out."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
FRAME_SAMPLES = 320

Samples = NDArray[np.int16]
"""Mono, 16 kHz, shape (n,)."""


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """Argument parser with the options that all benchmarks have."""
    made = argparse.ArgumentParser(
        prog=f"python -m tools.bench.{name}",
        description=description,
        epilog=f"example: python -m tools.bench.{name} --data ../shared/bench --json",
    )
    made.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("EDGE_BENCH_DATA", "../shared/bench")),
        help="folder of benchmark data (default: EDGE_BENCH_DATA, else ../shared/bench)",
    )
    made.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    return made


def fail(message: str) -> NoReturn:
    """Say what is missing and leave with status 2."""
    sys.stderr.write(f"error: {message}\n")
    raise SystemExit(2)


def need(path: Path) -> Path:
    """The path, when it is there; otherwise name it and leave with status 2."""
    if not path.exists():
        fail(f"benchmark data is missing: {path}")
    return path


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSON-lines file, in order."""
    with need(path).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def read_audio(path: Path) -> Samples:
    """A 16 kHz mono recording of the benchmark data."""
    import soundfile

    samples, rate = soundfile.read(str(need(path)), dtype="int16", always_2d=True)
    if rate != RATE:
        fail(f"{path}: {rate} Hz; benchmark recordings are {RATE} Hz")
    return np.ascontiguousarray(samples[:, 0], dtype=np.int16)


def mix(speech: Samples, noise: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    """Speech with noise from a random offset; `snr_db` is the ratio of their mean powers over the speech's length."""
    offset = int(rng.integers(0, max(1, len(noise) - len(speech))))
    piece = np.resize(noise[offset:], len(speech)).astype(np.float64)
    clean = speech.astype(np.float64)
    power, noise_power = float(np.mean(clean**2)), float(np.mean(piece**2))
    if power == 0 or noise_power == 0:
        return speech
    gain = np.sqrt(power / noise_power / 10 ** (snr_db / 10))
    mixed: Samples = np.clip(np.round(clean + gain * piece), -32768, 32767).astype(np.int16)
    return mixed


def percentile(values: Sequence[float], percent: float) -> float:
    """The percentile, 0 when there are no values."""
    return float(np.percentile(np.asarray(values), percent)) if len(values) else 0.0


def bare_environment(home: Path) -> dict[str, str]:
    """For a process that is to be measured without the user's own configuration and models."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def peak_rss_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def progress(done: int, total: int, what: str) -> None:
    """A progress line on a terminal's standard error; silent elsewhere."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{what}: {done}/{total} " + ("\n" if done == total else ""))
        sys.stderr.flush()


def emit(result: Mapping[str, Any], *, as_json: bool, title: str) -> None:
    """Print the result: one JSON object as the last line, or a table for people."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
        return
    print(title)
    width = max(len(key) for key in result)
    for key, value in result.items():
        shown = f"{value:.4g}" if isinstance(value, float) else value
        print(f"  {key:<{width}}  {shown}")
