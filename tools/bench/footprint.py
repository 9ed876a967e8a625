"""What the hub costs: disk of the base install, seconds for a typed request from cold, memory of a replay.

Builds the wheel, installs it without extras into a fresh environment, and runs the installed command there. The peer is
the interpreter itself: a fresh environment before anything is installed, and `python -c pass`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.bench import common

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5
WATCHER = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
told = [os.waitstatus_to_exitcode(status), time.perf_counter() - began, usage.ru_maxrss]
print(json.dumps(told), file=sys.stderr)
"""
"""Starts the command from a small process: a process begins with the memory of the one that it was started from, and
the kernel counts that as its own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.parser("footprint", __doc__ or "")
    args = parser.parse_args(argv)
    common.emit(measure(args), as_json=args.json, title="footprint")
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Install, then time each command `RUNS` times and keep the medians."""
    folder = common.need(args.data / "home_en")
    recording = folder / common.read_jsonl(folder / "labels.jsonl")[0]["file"]
    with tempfile.TemporaryDirectory() as made:
        environment = Path(made) / "env"
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        empty_mb = _size_mb(environment)
        common.progress(0, 3, "installing the wheel")
        _pip(environment, "install", "--constraint", str(ROOT / "constraints.txt"), str(ROOT))
        home = Path(made) / "home.json"
        home.write_text(_home(folder), encoding="utf-8")
        edge = str(environment / "bin" / "edge")
        common.progress(1, 3, "edge say")
        say = [_run([edge, "say", "--home", str(home), "turn on the Bed Light"], made) for _ in range(RUNS)]
        floor = [_run([str(environment / "bin" / "python"), "-c", "pass"], made) for _ in range(RUNS)]
        common.progress(2, 3, "edge replay")
        replay = [_run([edge, "replay", "--no-wake", "--home", str(home), str(recording)], made) for _ in range(RUNS)]
        common.progress(3, 3, "done")
        return {
            "install_mb": round(_size_mb(environment) - empty_mb, 1),
            "empty_environment_mb": round(empty_mb, 1),
            "say_seconds_p50": round(statistics.median(seconds for seconds, _ in say), 3),
            "say_peak_rss_mb": round(max(mb for _, mb in say), 1),
            "replay_seconds_p50": round(statistics.median(seconds for seconds, _ in replay), 3),
            "replay_peak_rss_mb": round(max(mb for _, mb in replay), 1),
            "python_seconds_p50": round(statistics.median(seconds for seconds, _ in floor), 3),
            "python_peak_rss_mb": round(max(mb for _, mb in floor), 1),
        }


def _home(folder: Path) -> str:
    from edge.core.codec import dumps
    from tools.bench.homes import load_home

    return dumps(load_home(folder / "home.json"))


def _pip(environment: Path, *arguments: str) -> None:
    command = [str(environment / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        common.fail(f"pip failed: {done.stderr.strip().splitlines()[-1]}")


def _run(command: Sequence[str], home: str) -> tuple[float, float]:
    """Seconds and peak resident MB of one run of a command, whose exit status must be that of a done request."""
    # The user's own configuration and models must not take part.
    environ = {"PATH": os.environ["PATH"], "HOME": home}
    watcher = [sys.executable, "-S", "-c", WATCHER, *command]
    done = subprocess.run(watcher, env=environ, capture_output=True, text=True, check=False)
    status, seconds, kib = json.loads(done.stderr.splitlines()[-1])
    if status:
        common.fail(f"{command[0]} ended with status {status}: {(done.stdout + done.stderr)[-300:]}")
    return float(seconds), float(kib) / 1024


def _size_mb(folder: Path) -> float:
    # Blocks on disk, as du counts them; a file of one byte takes a block.
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
