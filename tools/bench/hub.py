"""What the hub costs as a process: `edge run` with its embedded broker and simulated home, fed recordings in real time.

The wake word "alexa", as people said it, is set before every request of the home suite whose words move something in
the simulated home; between them, and for a minute before, it hears the background noise of the data. Latency is from
the last sample of speech (by its loudness) to the command's being sent, so the silence that ends a request is in it.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from edge import measuring
from tools.bench import common

REQUESTS = 24
IDLE_S = 60.0
PAUSE_S = 0.3
"""Between the wake word and the request."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.parser("hub", __doc__ or "")
    parser.add_argument("--requests", type=int, default=REQUESTS, help=f"requests to play (default: {REQUESTS})")
    parser.add_argument("--idle", type=float, default=IDLE_S, help=f"seconds of idling (default: {IDLE_S:g})")
    args = parser.parse_args(argv)
    if args.requests < 1 or args.idle < 1:
        common.fail("--requests and --idle must be at least 1")
    common.emit(measure(args), as_json=args.json, title="hub")
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Run the hub and take its figures."""
    room = common.read_audio(args.data / "noise" / "background.flac")
    recordings = _recordings(args.data, args.requests)
    with TemporaryDirectory() as home:
        cost = measuring.measure(
            measuring.edge_command(
                "run", "--simulated", "--stdin", "--json", "--verbose", "--set", 'wake.models=["alexa"]'
            ),
            common.bare_environment(Path(home)),
            recordings,
            room=room.tobytes(),
            idle_s=args.idle,
            progress=lambda done, most: common.progress(done, most, "seconds, at most"),
        )
    published = [answer.ms for answer in cost.answers if answer.ms is not None and answer.sent]
    return {
        "end_of_speech_to_publish_ms_p50": round(common.percentile(published, 50), 1),
        "end_of_speech_to_publish_ms_p95": round(common.percentile(published, 95), 1),
        "idle_cpu_percent": round(cost.idle_cpu_percent, 2),
        "active_cpu_percent": round(cost.active_cpu_percent, 1),
        "peak_rss_mb": round(cost.peak_rss_mib, 1),
        "start_seconds": round(cost.start_seconds, 2),
        "requests": len(recordings),
        "published": len(published),
        "idle_seconds": args.idle,
    }


def _recordings(data: Path, number: int) -> list[bytes]:
    """Wake word, pause and request, in the order of the files, over and over."""
    wakes = sorted(common.need(data / "wake" / "positive").glob("*.flac"))
    rows = common.read_jsonl(data / "home_en" / "labels.jsonl")
    moving = _moving({row["text"] for row in rows if row["text"]})
    files = [data / "home_en" / row["file"] for row in rows if row["text"] in moving]
    if not wakes or not files:
        common.fail(f"{data} holds no wake word, or no request that moves something in the simulated home")
    pause = np.zeros(int(PAUSE_S * common.RATE), dtype=np.int16)
    return [
        np.concatenate(
            (common.read_audio(wakes[at % len(wakes)]), pause, common.read_audio(files[at % len(files)]))
        ).tobytes()
        for at in range(number)
    ]


def _moving(texts: set[str]) -> set[str]:
    """Those that move something at once in the simulated home: the others publish no command."""
    from edge.home.simulated import SimulatedHome
    from edge.house import StillHome, linked, simulated_profile
    from edge.hub import Hub
    from edge.nlu.grammar import Grammar
    from edge.profile import load_profile

    profile = load_profile(environ={}, system_paths=())
    profile = replace(profile, memory=replace(profile.memory, keep="nothing"))
    with SimulatedHome() as home, linked(simulated_profile(profile, home), ready_s=10.0) as link:
        still = StillHome(link.snapshot())
    found, grammar = set(), Grammar(profile.language, [profile.paths.custom_sentences])
    with TemporaryDirectory() as folder:
        profile = replace(profile, paths=replace(profile.paths, data_dir=Path(folder)))
        for text in texts:
            with Hub(profile, still, store=_no_models, grammar=grammar) as hub:
                plan = hub.say(text).plan
            if plan is not None and plan.commands:
                found.add(text)
    return found


def _no_models() -> Any:
    raise AssertionError("typed requests need no model")


if __name__ == "__main__":
    raise SystemExit(main())
