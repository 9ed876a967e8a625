"""Faults of what is handed to a hub in its own process: its clock, and its microphone."""

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.audio.capture import FRAME_BYTES, Frame, Source
from edge.core.errors import UnreachableError
from edge.home.simulated import SimulatedHome
from tools.bench.faulting import sounds
from tools.bench.faulting.faults import GARAGE, KITCHEN, Fault
from tools.bench.faulting.mosquitto import mosquitto

if TYPE_CHECKING:
    from edge.hub import Hub

_DAY = dt.timedelta(days=1)
_PATIENCE_S = 30.0


class _Codes(logging.Handler):
    """The codes that the hub logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.codes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.codes.append(record.getMessage().partition(":")[0])


@contextlib.contextmanager
def _hub(folder: Path, wall: Callable[[], dt.datetime]) -> "Iterator[tuple[Hub, SimulatedHome, list[str]]]":
    """A hub in this process, with a broker, devices and files; and the codes that it logs."""
    from edge import past
    from edge.house import linked
    from edge.hub import Hub
    from edge.models import ModelStore, default_store, load_manifests
    from edge.profile import load_profile
    from edge.resources import data_dir

    log, heard = logging.getLogger("edge"), _Codes()
    store = ModelStore(default_store(), load_manifests([data_dir("models")]))
    log.addHandler(heard)
    try:
        with mosquitto() as broker, SimulatedHome(broker=("127.0.0.1", broker.port)) as devices:
            settings = ("mqtt.host=127.0.0.1", f"mqtt.port={broker.port}", "home.area=Living Room")
            profile = load_profile(
                board="x86-64",
                environ={"HOME": str(folder)},
                system_paths=(),
                overrides=(*settings, "learning.ask=false", "asr.engine=pocketsphinx"),
            )
            known = past.of_home(profile, "house", learns=True, now=wall)
            with (
                linked(profile, ready_s=_PATIENCE_S) as link,
                Hub(profile, link, store=lambda: store, past=known, wall=wall) as hub,
            ):
                yield hub, devices, heard.codes
    finally:
        log.removeHandler(heard)


def clock_jump(folder: Path) -> Fault:
    """A day forward, and a day back: a timer ends when it was to end, and what is asked is done."""
    ahead = dt.timedelta()
    with _hub(folder, lambda: dt.datetime.now().astimezone() + ahead) as (hub, devices, codes):
        hub.listen(lambda: _Plays(()))
        whole = True
        for jump in (_DAY, -_DAY):
            asked = hub.say("turn on the kitchen light in four seconds")
            began = time.monotonic()
            before = len(devices.received("light.kitchen_light"))
            ahead += jump
            whole &= _until(partial(_more, devices, before), 15.0)
            whole &= 3.0 < time.monotonic() - began < 8.0
            said = hub.say("close the garage door")
            whole &= said.outcome is not None and asked.reply is not None
        return Fault(said.reply.text if said.reply is not None else "", tuple(codes), whole)


class _Plays(Source):
    """A microphone that hears these recordings, then nothing; or then goes away."""

    def __init__(self, recordings: Sequence[str], *, lost: bool = False) -> None:
        self._pcm = b"".join(map(sounds.recording, recordings))
        self._lost = lost
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        for at in range(0, len(self._pcm) - FRAME_BYTES + 1, FRAME_BYTES):
            yield Frame(at // 2, self._pcm[at : at + FRAME_BYTES])
        if self._lost:
            raise UnreachableError("audio.microphone_lost", "the microphone has stopped delivering sound")
        self._closed.wait()

    def close(self) -> None:
        """Hear no more."""
        self._closed.set()


def microphone_gone(folder: Path) -> Fault:
    """It is unplugged after one request, is not there when it is looked for, and comes back."""
    tries = 0

    def opened() -> Source:
        nonlocal tries
        tries += 1
        if tries == 1:
            return _Plays([KITCHEN], lost=True)
        if tries == 2:
            raise UnreachableError("audio.microphone_missing", "no microphone was found")
        return _Plays([GARAGE])

    with _hub(folder, lambda: dt.datetime.now().astimezone()) as (hub, _, codes):
        turns = hub.listen(opened)
        done = [next(turns), next(turns)]
        whole = all(turn.outcome is not None for turn in done) and codes == ["audio.microphone_lost", "audio.back"]
        return Fault("", tuple(codes), whole)


def _more(devices: SimulatedHome, before: int) -> bool:
    return len(devices.received("light.kitchen_light")) > before


def _until(reached: Callable[[], bool], timeout_s: float) -> bool:
    until = time.monotonic() + timeout_s
    while not reached() and time.monotonic() < until:
        time.sleep(0.02)
    return reached()


FAULTS: dict[str, Callable[[Path], Fault | None]] = {"clock_jump": clock_jump, "microphone_gone": microphone_gone}
