"""What brings a hub down, tried: power cuts, hours of listening, what it needs taken away, and nonsense to read.

`kills` SIGKILLs of a real hub under load: `acted_twice` commands that came more often than they were asked for, `lost`
lessons that it had said to have learnt, `restart_s_p95` from its start to listening. `audio_hours` of sound heard in
one process: `rss_growth` (a share) and `fds_growth` (files and sockets) since the warm-up. A key for each fault: what
was heard, which codes were logged, whether it recovered; null where it cannot be tried here. `inputs` to every reader
of what others have written: `crashes` (anything but the documented error) and `hangs`, with the input of each in a
file. What was not measured is null.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tools.bench import common

PARTS = ("kills", "soak", "faults", "fuzz")
KEYS = (
    *("kills", "acted_twice", "lost", "restart_s_p95", "audio_hours", "rss_growth", "fds_growth"),
    *("inputs", "crashes", "hangs"),
    *("broker_away", "disk_full", "read_only", "clock_jump", "microphone_gone", "model_corrupted"),
    *("config_broken", "busy"),
)
"""In every result."""
MOST_S, MOST_GROWTH = 3.0, 0.01
"""Seconds to listen again, and share of memory: what is above is no success."""


def parts(args: argparse.Namespace) -> dict[str, Callable[[], dict[str, Any]]]:
    """Each part, with how much of it is asked for."""
    from tools.bench.faulting import faults, fuzz, kills, soak

    def all_faults() -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="edge-faults-") as folder:
            return faults.measure(Path(folder), seconds=3.0 if args.short else 60.0)

    count = args.kills if args.kills is not None else 3 if args.short else 500
    hours = args.hours if args.hours is not None else 0.03 if args.short else 8.0
    minutes = args.minutes if args.minutes is not None else 0.5 if args.short else 10.0
    return {
        "kills": lambda: kills.measure(count, args.seed),
        "soak": lambda: soak.measure(hours, args.data, args.seed),
        "faults": all_faults,
        "fuzz": lambda: fuzz.measure(60 * minutes, args.seed, args.keep),
    }


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """The parts that are asked for."""
    result: dict[str, Any] = dict.fromkeys(KEYS)
    for name, part in parts(args).items():
        if args.only in (None, name):
            began = time.monotonic()
            sys.stderr.write(f"{name} …\n")
            result |= part()
            sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return result


def wrong(result: dict[str, Any], *, short: bool = False) -> list[str]:
    """Keys of what is not as it must be. short: a few starts and minutes are no measure of time and memory."""
    found = [key for key in ("acted_twice", "lost", "died", "crashes", "hangs") if result.get(key)]
    most = {} if short else {"restart_s_p95": MOST_S, "rss_growth": MOST_GROWTH, "fds_growth": 1, "threads_growth": 1}
    found += [key for key, bound in most.items() if (result.get(key) or 0) >= bound]
    found += [key for key, one in result.items() if isinstance(one, dict) and one.get("recovered") is False]
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 where anything is not as it must be."""
    parser = common.parser("faults", __doc__ or "")
    parser.add_argument("--short", action="store_true", help="seconds of each part; no figure, but all of it is tried")
    parser.add_argument("--only", choices=PARTS, help="this part alone")
    parser.add_argument("--kills", type=int, help="how many (default 500)")
    parser.add_argument("--hours", type=float, help="hours of sound (default 8)")
    parser.add_argument("--minutes", type=float, help="minutes of inputs (default 10)")
    parser.add_argument("--seed", type=int, default=1, help="other moments and inputs for every seed (default 1)")
    parser.add_argument(
        "--keep", type=Path, default=Path("found-by-fuzzing"), help="folder for inputs that crash or hang it"
    )
    args = parser.parse_args(argv)
    result = measure(args)
    common.emit(result, as_json=args.json, title="faults")
    if found := wrong(result, short=args.short):
        sys.stderr.write(f"not as it must be: {', '.join(found)}\n")
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
