"""What a hub needs, taken away: what its household hears then, what the log says, and whether it is whole afterwards.

Each is one function of a folder of its own; None comes of what cannot be tried here, with the reason on standard error.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from edge.home.simulated import SimulatedHome
from tools.bench.faulting import sounds
from tools.bench.faulting.mosquitto import Mosquitto, Watcher, mosquitto
from tools.bench.faulting.running import Running

KITCHEN, GARAGE = "turn_on_the_kitchen_light", "close_the_garage_door"
LESSON = "When I say movie time, turn off the floor lamp."
TIMER = "Set a timer for ten minutes."
_PATIENCE_S = 60.0


class Fault(NamedTuple):
    """What came of one."""

    heard: str
    """The reply while it lasts; empty where nobody can be answered."""
    log: tuple[str, ...]
    """Codes, in order."""
    recovered: bool
    """Whether a request was done afterwards, or meanwhile where nothing ends, and nothing had been lost."""


class House:
    """A broker, devices and a hub in a process of its own."""

    def __init__(self, folder: Path, broker: Mosquitto, devices: SimulatedHome) -> None:
        self.folder, self.broker, self.devices = folder, broker, devices
        self.watcher = Watcher(broker.port, "simulated/+/+/set/#")
        self._hubs: list[Running] = []

    def settings(self, *more: str) -> tuple[str, ...]:
        """As a household has them. more: `section.key=value`."""
        at = ("mqtt.host=127.0.0.1", f"mqtt.port={self.broker.port}", "home.area=Living Room", "learning.ask=false")
        return (*at, *more)

    def hub(self, *more: str, environ: dict[str, str] | None = None) -> Running:
        """One that is started; told what it has replied."""
        made = Running(self.folder, self.settings(*more), environ=environ or {}, told=True)
        self._hubs.append(made)
        return made

    def does(self, hub: Running, recording: str = KITCHEN) -> bool:
        """Whether it does what is asked for now."""
        mark = self.watcher.mark
        topic = next(request.topics[0] for request in sounds.REQUESTS if request.file == recording)
        hub.asked(sounds.recording(recording))
        return self.watcher.wait(mark, lambda said: said.topic == topic, _PATIENCE_S) is not None

    def close(self) -> None:
        """End what runs."""
        for hub in self._hubs:
            hub.kill()
        self.watcher.close()


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """Its own for each fault."""
    folder.mkdir()
    with mosquitto() as broker, SimulatedHome(broker=("127.0.0.1", broker.port)) as devices:
        made = House(folder, broker, devices)
        try:
            yield made
        finally:
            made.close()
            broker.start_again()  # the devices take themselves off it


def broker_away(folder: Path, *, seconds: float) -> Fault:
    """The broker is away for so long; what is asked meanwhile is not done late."""
    with house(folder) as home:
        hub = home.hub("asr.engine=pocketsphinx")
        first = home.does(hub)
        home.broker.kill()
        heard = hub.asked(sounds.recording(GARAGE))
        time.sleep(seconds)
        mark = home.watcher.mark
        home.broker.start()
        back = hub.logs("link.back", _PATIENCE_S)
        late = any("garage_door" in said.topic for said in home.watcher.since(mark))
        done = home.does(hub)
        return Fault(heard, hub.codes, first and back and done and not late)


def disk_full(folder: Path) -> Fault | None:
    """Nothing more can be kept: what is taught is told to be known until the hub ends, and no timer is promised."""
    with _disk(folder) as disk, house(folder.with_name(folder.name + "-house")) as home:
        if disk is None:
            return None
        hub = home.hub(f"paths.data_dir={disk}/data")
        first = home.does(hub)
        filler = disk / "filler"
        _fill(filler)
        heard = hub.asked(sounds.spoken(LESSON))
        timer = hub.asked(sounds.spoken(TIMER))
        acts = home.does(hub, GARAGE)
        filler.unlink()
        again = hub.asked(sounds.spoken("When I say bath night, turn off the floor lamp."))
        kept = hub.asked(sounds.spoken(TIMER))
        whole = "disk" not in again and "Sorry" not in kept
        return Fault(f"{heard} / {timer}", hub.codes, first and acts and whole and hub.alive)


def read_only(folder: Path) -> Fault | None:
    """The disk may not be written, from the start on, as a card that fails is mounted."""
    with _disk(folder) as disk, house(folder.with_name(folder.name + "-house")) as home:
        if disk is None:
            return None
        (disk / "data").mkdir()
        _mount("-o", "remount,ro", str(disk))
        hub = home.hub(f"paths.data_dir={disk}/data")
        acts = home.does(hub)
        heard = hub.asked(sounds.spoken(LESSON))
        timer = hub.asked(sounds.spoken(TIMER))
        return Fault(f"{heard} / {timer}", hub.codes, acts and home.does(hub, GARAGE))


def model_corrupted(folder: Path) -> Fault:
    """A model of the right size and wrong contents; it is named, with what to do, and whole again it is used."""
    from edge.models import ModelStore, default_store, load_manifests
    from edge.resources import data_dir

    with house(folder) as home:
        models = folder / "models"
        (models / "hey_jarvis").mkdir(parents=True)
        packaged = ModelStore(default_store(), load_manifests([data_dir("models")])).locate("hey_jarvis")
        for name in ("hey_jarvis.json", "hey_jarvis.tflite"):
            (models / "hey_jarvis" / name).write_bytes((packaged / name).read_bytes())
        path = models / "hey_jarvis" / "hey_jarvis.tflite"
        good = path.read_bytes()
        path.write_bytes(good[:2000] + bytes(len(good) - 2000))
        hub = home.hub(environ={"EDGE_MODELS_DIR": str(models)})
        hub.feed(sounds.recording(KITCHEN))
        status = hub.finish()
        log = tuple(hub.lines)
        path.write_bytes(good)
        again = home.hub(environ={"EDGE_MODELS_DIR": str(models)})
        said = all("Traceback" not in line for line in log) and any("edge models pull" in line for line in log)
        return Fault("", log[-1:], status == 2 and said and home.does(again))


def config_broken(folder: Path) -> Fault | None:
    """A file of settings that breaks, and a hub that is told to read it again: it goes on as before."""
    with house(folder) as home:
        path = folder / ".config" / "edge" / "edge.toml"
        path.parent.mkdir(parents=True)
        path.write_text("[act]\nconfirm_ms = 1000\n")
        hub = home.hub()
        first = home.does(hub)
        path.write_text("[act]\nconfirm_ms = [[[\n")
        os.kill(hub.pid, signal.SIGHUP)
        time.sleep(2.0)
        if not hub.alive:
            sys.stderr.write("config_broken: this edge does not reload its settings on SIGHUP\n")
            return None
        meanwhile = home.does(hub, GARAGE)
        path.write_text("[act]\nconfirm_ms = 1500\n")
        os.kill(hub.pid, signal.SIGHUP)
        time.sleep(2.0)
        return Fault("", hub.codes, first and meanwhile and home.does(hub))


def busy(folder: Path) -> Fault:
    """Others take all of the processor, on every core, while it hears."""
    with house(folder) as home:
        hub = home.hub()
        first = home.does(hub)
        others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
        try:
            heard = hub.asked(sounds.recording(GARAGE))
        finally:
            for one in others:
                one.kill()
                one.wait()
        return Fault(heard, hub.codes, first and home.does(hub))


FAULTS: dict[str, Callable[[Path], Fault | None]] = {
    "disk_full": disk_full,
    "read_only": read_only,
    "model_corrupted": model_corrupted,
    "config_broken": config_broken,
    "busy": busy,
}


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[Path | None]:
    """A small disk of its own, in memory; None where none may be mounted."""
    folder.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        sys.stderr.write(f"{folder.name}: a disk of its own can be mounted by root alone\n")
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, stderr=subprocess.DEVNULL)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def measure(folder: Path, seconds: float) -> dict[str, Any]:
    """All of them. seconds: how long the broker stays away."""
    from tools.bench.faulting import faults_inside

    found: dict[str, Any] = {}
    away: Callable[[Path], Fault | None] = partial(broker_away, seconds=seconds)
    for name, fault in {"broker_away": away, **FAULTS, **faults_inside.FAULTS}.items():
        sys.stderr.write(f"{name} …\n")
        made = fault(folder / name)
        found[name] = made._asdict() if made is not None else None
    return found
