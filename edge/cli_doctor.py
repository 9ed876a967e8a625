"""The command `edge doctor`: what the hub needs, whether it is there, and what to do where it is not."""

import argparse
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import EdgeError, ExitCode

if TYPE_CHECKING:
    from edge.audio.capture import Source
    from edge.doctor import Check
    from edge.models import ModelStore
    from edge.profile import Profile

LISTEN_S = 5.0
_DRAWN_S = 0.08

ABOUT = ("check what the hub needs, and say what to do", "edge doctor --listen 10")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `edge doctor` takes."""
    sound = parser.add_mutually_exclusive_group()
    sound.add_argument(
        "--listen",
        type=float,
        metavar="SECONDS",
        help=f"how long to measure the microphone; 0: not at all (default: {LISTEN_S:g} on a terminal, else 0)",
    )
    sound.add_argument("--file", type=Path, metavar="WAV", help="measure a recording, and look at nothing else")
    sound.add_argument(
        "--stdin", action="store_true", help="measure raw PCM (16 bit, mono, little-endian), and look at nothing else"
    )


def run(args: argparse.Namespace, profile: "Profile", store: "ModelStore", ready_s: float) -> ExitCode:
    """ready_s: seconds that the broker has for what it retains."""
    if args.file is not None or args.stdin:
        return _tell((_measured(args, profile),), args)
    checks = _checks(profile, store, ready_s)
    listen_s = args.listen if args.listen is not None else LISTEN_S if sys.stderr.isatty() and not args.json else 0.0
    if listen_s > 0 and any(check.name == "microphone" and check.status == "ok" for check in checks):
        checks = (*checks, _heard(profile, listen_s))
    return _tell(checks, args)


def _tell(checks: "tuple[Check, ...]", args: argparse.Namespace) -> ExitCode:
    from edge.show import checks_text

    if args.json:
        print(json.dumps([{"name": c.name, "status": c.status, "found": c.found, "advice": c.advice} for c in checks]))
    else:
        print(checks_text(checks))
    return ExitCode.NOT_DONE if any(check.status == "fail" for check in checks) else ExitCode.OK


def _checks(profile: "Profile", store: "ModelStore", ready_s: float) -> "tuple[Check, ...]":
    from edge import home_check
    from edge.audio.microphone import microphones
    from edge.doctor import diagnose
    from edge.house import linked
    from edge.nlu.grammar import Grammar

    findings: list[Check] = []

    def connect() -> None:
        with linked(profile, ready_s=ready_s) as link:
            findings.extend(
                home_check.check(link.snapshot(), link.settings.household, sounds=None, complaints=link.complaints)
            )

    def sentences() -> None:
        Grammar(profile.language, [profile.paths.custom_sentences])

    checks = diagnose(
        profile,
        store=store,
        microphones=microphones,
        connect=connect if profile.mqtt.host else None,
        sentences=sentences,
    )
    return (*checks, *home_check.summary(findings))


def _measured(args: argparse.Namespace, profile: "Profile") -> "Check":
    """The verdict on a recording, or on what comes on standard input. Raises EdgeError for what is no sound."""
    from edge.audio.capture import RATE, FileSource, PcmSource

    if args.file is not None:
        with FileSource(args.file) as recording:
            return _level(recording, rate=recording.rate)
    with PcmSource(io.FileIO(sys.stdin.fileno(), closefd=False), rate=profile.audio.rate or RATE) as source:
        return _level(source, live=True)


def _heard(profile: "Profile", seconds: float) -> "Check":
    """The verdict on the microphone, after so long of listening; one that cannot be opened is a finding too."""
    from edge.audio.microphone import MicrophoneSource
    from edge.doctor import Check, Health

    sys.stderr.write(f"edge: speak to the microphone as you would to the hub, for {seconds:g} s\n")
    audio = profile.audio
    try:
        with MicrophoneSource(audio.device, rate=audio.rate, queue_frames=audio.queue_frames) as source:
            return _level(source, live=True, seconds=seconds)
    except EdgeError as error:
        advice = "stop what records (a running hub does, too), and run edge doctor again"
        return Check("microphone level", Health.WARN, str(error), advice)


def _level(
    source: "Source",
    *,
    rate: int | None = None,
    live: bool = False,
    seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> "Check":
    from edge.audio.vad import SileroVad
    from edge.doctor.level import Meter, bar, verdict

    meter, loudest, began, drawn = Meter(SileroVad()), -100.0, clock(), 0.0
    first: float | None = None
    for frame in source:
        first = clock() if first is None else first
        db = meter.accept(frame)
        loudest = max(loudest, db)
        if live and sys.stderr.isatty() and clock() - drawn > _DRAWN_S:
            drawn = clock()
            sys.stderr.write(f"\r  {bar(db, loudest)} {db:4.0f} dB ")
            sys.stderr.flush()
        if seconds is not None and clock() - began >= seconds:
            break
    if drawn:
        sys.stderr.write("\r\033[K")
    elapsed = clock() - first if live and first is not None else None
    return verdict(meter.level(rate=rate, elapsed_s=elapsed))
