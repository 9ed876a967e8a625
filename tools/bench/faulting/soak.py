"""Hours of listening in one process, faster than they pass: memory, files, sockets and threads must stay as they were.

The whole hub runs as `edge run` has it: wake word, endpoint, recogniser, understanding, acting on a real broker, habits
and lessons on the disk. It hears a room: silence, kitchen noise, people who talk about other things, and now and then a
request or a lesson. What it uses is looked at after every few minutes of that; the first quarter is warm-up.
"""

import argparse
import contextlib
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.audio.capture import FRAME_BYTES, RATE, Frame, Source
from edge.core.errors import EdgeError
from edge.home.simulated import SimulatedHome
from tools.bench import common
from tools.bench.faulting import sounds
from tools.bench.faulting.mosquitto import mosquitto

WARM = 0.25
"""Share of the hours after which nothing may grow any more."""
_LOOK_S = 120
"""Seconds of sound between two looks."""
_TURN_S = 20.0
_QUIET_S, _NOISE_S = 20.0, 15.0
_PHRASES = ("movie time", "cozy evening", "bath night", "quiet hour")


class Room(Source):
    """What is heard there, for so many hours. data: benchmark data; the project's own recordings do without."""

    def __init__(self, hours: float, data: Path, seed: int) -> None:
        self._frames = round(hours * 3600 * RATE * 2 / FRAME_BYTES)
        self._rng = random.Random(seed)  # noqa: S311 - the same room every time
        self._talk, self._noises = _talk(data), _noises(data)
        self._requests = _requests()
        self.taken = threading.Semaphore(0)
        """Released for every turn: nobody speaks while the hub still works on what was said before."""
        self.heard = 0
        """Frames so far."""
        self._closed = False

    def __iter__(self) -> Iterator[Frame]:
        while self.heard < self._frames:
            for pcm, asks in self._minute():
                for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
                    if self._closed or self.heard >= self._frames:
                        return
                    yield Frame(self.heard * FRAME_BYTES // 2, pcm[at : at + FRAME_BYTES])
                    self.heard += 1
                if asks:
                    self.taken.acquire(timeout=_TURN_S)

    def _minute(self) -> Iterator[tuple[bytes, bool]]:
        """About one: what is heard, and whether somebody asks for something in it."""
        yield sounds.silence(_QUIET_S), False
        yield self._noise(), False
        yield self._rng.choice(self._talk), False
        yield self._rng.choice(self._requests), True
        yield sounds.silence(2.0), False

    def _noise(self) -> bytes:
        noise = self._rng.choice(self._noises)
        size = int(_NOISE_S * RATE) * 2
        at = self._rng.randrange(max(1, len(noise) - size)) // 2 * 2
        return noise[at : at + size]

    def close(self) -> None:
        """Be heard no more."""
        self._closed = True


def _requests() -> list[bytes]:
    found = [request.pcm for request in sounds.REQUESTS] * 3
    found.append(sounds.recording("oov_purple_elephants_juggle_seventeen_violins"))
    found.append(sounds.recording("what_is_the_temperature_in_the_living_room"))
    with contextlib.suppress(EdgeError):  # without the extra `speech` nobody teaches it anything
        found += [sounds.spoken(f"When I say {phrase}, turn on the kitchen light.") for phrase in _PHRASES]
    return found


def _talk(data: Path) -> list[bytes]:
    """Speech that is not meant for it."""
    folders = (data / "wake" / "negative", data / "home_en" / "audio")
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.glob("*.flac"))[:40]]
    own = sounds.RECORDINGS.glob("talk/no_wake_*.flac")
    return [common.read_audio(path).astype("<i2").tobytes()[: 30 * RATE * 2] for path in (*files, *sorted(own))]


def _noises(data: Path) -> list[bytes]:
    files = sorted((data / "noise").glob("*.flac")) if (data / "noise").is_dir() else []
    return [common.read_audio(path).astype("<i2").tobytes() for path in files] or [sounds.silence(2 * _NOISE_S)]


class Use:
    """What this process uses."""

    def __init__(self) -> None:
        self.rss: list[int] = []
        self.files: list[int] = []
        self.threads: list[int] = []

    def look(self) -> None:
        """Once more."""
        gc.collect()
        with Path("/proc/self/statm").open() as file:
            self.rss.append(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        self.files.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - a glob would open more
        self.threads.append(len(os.listdir("/proc/self/task")))  # noqa: PTH208 - as above

    def growth(self) -> dict[str, float]:
        """Since the warm-up: a share of memory, and numbers of files (sockets among them) and threads."""
        warm = min(round(len(self.rss) * WARM), len(self.rss) - 1)
        few = max(1, len(self.rss[warm:]) // 6)
        before, after = statistics.median(self.rss[warm : warm + few]), statistics.median(self.rss[-few:])
        return {
            "rss_growth": round(after / before - 1, 5),
            "rss_mib": round(after / 2**20, 1),
            "fds_growth": min(self.files[-few:]) - min(self.files[warm : warm + few]),
            "threads_growth": min(self.threads[-few:]) - min(self.threads[warm : warm + few]),
        }


def live(port: int, folder: Path, hours: float, data: Path, seed: int) -> dict[str, Any]:
    """In the process that is looked at."""
    from edge import cli_hub
    from edge.house import linked
    from edge.models import ModelStore, default_store, load_manifests
    from edge.profile import load_profile
    from edge.resources import data_dir

    settings = ("mqtt.host=127.0.0.1", f"mqtt.port={port}", "home.area=Living Room", "act.confirm_ms=500")
    profile = load_profile(
        board="x86-64",
        environ={"HOME": str(folder)},
        system_paths=(),
        overrides=(*settings, f"paths.data_dir={folder}"),
    )
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    args = argparse.Namespace(simulated=False, home=None, announce=True)

    @contextlib.contextmanager
    def home(changed: Any) -> Iterator[Any]:
        with linked(profile, ready_s=30.0, announce=True, on_structure=changed) as link:
            yield profile, link

    room, use = Room(hours, data, seed), Use()
    every = max(1, min(_LOOK_S, round(hours * 3600 / 40)))
    looked, turns, done = 0, 0, 0
    began = time.monotonic()
    with cli_hub.hub(args, home, lambda: store) as hub:
        for turn in hub.listen(lambda: room):
            turns += 1
            done += turn.outcome is not None
            if room.heard * FRAME_BYTES // 2 // RATE >= looked + every:
                looked = room.heard * FRAME_BYTES // 2 // RATE
                use.look()
                sys.stderr.write(f"{looked} s heard in {time.monotonic() - began:.0f} s, {use.rss[-1] >> 20} MiB\n")
            room.taken.release()
        use.look()
    return {"audio_hours": round(room.heard * FRAME_BYTES / 2 / RATE / 3600, 3), **use.growth(), "turns": turns,
            "acted": done, "soak_s": round(time.monotonic() - began, 1)}  # fmt: skip


def measure(hours: float, data: Path, seed: int) -> dict[str, Any]:
    """Let a hub listen for so long, in a process of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="edge-soak-") as folder,
        mosquitto() as broker,
        SimulatedHome(broker=("127.0.0.1", broker.port)),
    ):
        command = (*(sys.executable, "-m", "tools.bench.faulting.soak", str(broker.port), folder),
                   *(str(hours), str(data), str(seed)))  # fmt: skip
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        common.fail("the hub that was to listen for hours has ended by itself")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """The process that listens."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.faulting.soak", description=live.__doc__)
    for name, kind in (("port", int), ("folder", Path), ("hours", float), ("data", Path), ("seed", int)):
        parser.add_argument(name, type=kind)
    args = parser.parse_args(argv)
    print(json.dumps(live(args.port, args.folder, args.hours, args.data, args.seed)))


if __name__ == "__main__":
    main()
