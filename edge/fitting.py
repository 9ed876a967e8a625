"""What a hub of this profile costs on this machine, held against the board's budget; and what would fit.

The hub is started as it would run, with a home of three dozen devices that are not moved, and is played three
recordings that travel with it. Nothing of the household is written, read aloud or sent anywhere meanwhile.
"""

import json
import os
import shutil
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from edge import measuring
from edge.board import memory_kib
from edge.core.codec import dumps
from edge.core.errors import UnreachableError
from edge.core.home import Area, Entity, Floor, HomeState
from edge.doctor import VOSK, WHISPER, installed_version, recognisers
from edge.measuring import Cost, Progress
from edge.models import ModelStore, Presence
from edge.profile import Profile
from edge.resources import data_dir
from edge.settings import BudgetSettings, Engine

RECORDINGS = ("turn_on_the_kitchen_light", "lock_the_front_door", "open_the_bedroom_curtains")
WAKE_WORD = "hey_jarvis"
"""That the recordings begin with."""
IDLE_S = 10.0
_ROOM_RMS = 30
"""Of the noise that is heard while nobody speaks, of int16: -61 dB, a quiet room."""
_BUSY = 0.7
"""Of its cores, over the last minute."""
_MIB = 1 << 20


class Row(NamedTuple):
    """One line of what was measured."""

    what: str
    unit: str
    budget: float
    measured: float | None
    """None: it could not be."""

    @property
    def fits(self) -> bool:
        """Whether it is within the budget."""
        return self.measured is not None and self.measured <= self.budget


def cost(
    profile: Profile,
    options: Sequence[str],
    *,
    overrides: Sequence[str] = (),
    recordings: Sequence[str] = RECORDINGS,
    idle_s: float = IDLE_S,
    progress: Progress,
) -> Cost:
    """What a hub takes on this machine. options: of the command line, which make the profile; overrides: more settings.

    Raises UnreachableError (`measure.failed`) where it does not run, and what reading the recordings raises.
    """
    import numpy as np

    models = dict.fromkeys((*profile.wake.models, WAKE_WORD))
    noise = np.random.default_rng(0).normal(0, _ROOM_RMS, 16_000 * 7).astype("<i2").tobytes()
    with TemporaryDirectory(prefix="edge-measure-") as folder:
        home = Path(folder) / "home.json"
        home.write_text(dumps(_home()), encoding="utf-8")
        if (voices := profile.paths.data_dir / "voices").is_dir():
            shutil.copytree(voices, Path(folder) / "voices")  # without those that it names it would not start
        settings = [
            f"wake.models={json.dumps(list(models))}",
            "reply.speak=false",
            "reply.chime=false",
            "memory.keep=nothing",
            f"paths.data_dir={folder}",
            *([f"upstream.pack_source={folder}"] if profile.upstream.pack_source else ()),
            *overrides,
        ]
        command = measuring.edge_command("run", "--stdin", "--json", "--verbose", "--home", str(home), *options)
        for setting in settings:
            command += ["--set", setting]
        return measuring.measure(
            command, os.environ, [_pcm(one) for one in recordings], room=noise, idle_s=idle_s, progress=progress
        )


def rows(profile: Profile, store: ModelStore, found: Cost) -> tuple[Row, ...]:
    """What was measured beside what the board allows."""
    budget = profile.budget
    answers = [answer.ms for answer in found.answers if answer.ms is not None]
    return (
        Row("memory, all models loaded", "MiB", budget.ram_mib, found.peak_rss_mib),
        Row("processor while idle", "% of a core", budget.idle_cpu_percent, found.idle_cpu_percent),
        Row("processor while recognising", "% of a core", budget.active_cpu_percent, found.active_cpu_percent),
        Row("end of speech to answer", "ms", budget.answer_ms, statistics.median(answers) if answers else None),
        Row("models and data on disk", "MiB", budget.disk_mib, disk_mib(profile, store)),
    )


def busy(root: Path = Path("/")) -> bool:
    """Whether other programs keep this machine from answering as fast as it can. root: where /proc is."""
    try:
        load = float((root / "proc/loadavg").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return False
    return load > _BUSY * (os.cpu_count() or 1)


def disk_mib(profile: Profile, store: ModelStore) -> float:
    """The models that the profile uses, and what the hub keeps."""
    ids = {*profile.wake.models, *recognisers(profile, store), "silero-vad"}
    models = sum(store.manifests[one].bytes for one in ids if one in store.manifests)
    folder = profile.paths.data_dir
    kept = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
    return (models + kept) / _MIB


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to set the hub up."""

    engine: Engine
    verify: Literal["auto", "off"]

    def settings(self, profile: Profile) -> Mapping[str, Mapping[str, str]]:
        """Section -> key -> value, as edge.toml has them. profile: names the models."""
        asr = {"engine": str(self.engine)}
        if self.engine == "vosk":
            asr["model"] = profile.asr.model
        elif self.engine == "together":
            asr["whisper_model"] = profile.asr.whisper_model
        return {"asr": asr, "wake": {"verify": self.verify}}


class Tried(NamedTuple):
    """What came of a candidate."""

    candidate: Candidate
    against: str
    """Why it is not taken; nothing where it is."""
    measured: tuple[Row, ...] = ()


CANDIDATES = (
    Candidate("together", "auto"),
    Candidate("vosk", "auto"),
    Candidate("pocketsphinx", "auto"),
    Candidate("pocketsphinx", "off"),
)
"""The most able first."""


def fit(
    profile: Profile, store: ModelStore, options: Sequence[str], *, root: Path = Path("/"), progress: Progress
) -> Iterator[Tried]:
    """Candidates in their order, up to the first that fits: the others after it are able to less.

    root: where /proc is. Each is started and measured, unless something speaks against it before.
    """
    for candidate in CANDIDATES:
        tried = _try(candidate, profile, store, options, root=root, progress=progress)
        yield tried
        if not tried.against:
            return


def _try(
    candidate: Candidate,
    profile: Profile,
    store: ModelStore,
    options: Sequence[str],
    *,
    root: Path,
    progress: Progress,
) -> Tried:
    asr = replace(profile.asr, engine=candidate.engine)
    with_it = replace(profile, asr=asr)
    if against := _before(with_it, store):
        return Tried(candidate, against)
    overrides = [
        f"{section}.{key}={value}"
        for section, keys in candidate.settings(profile).items()
        for key, value in keys.items()
    ]
    try:
        found = cost(with_it, options, overrides=overrides, recordings=RECORDINGS[:2], idle_s=4.0, progress=progress)
    except UnreachableError as error:
        return Tried(candidate, str(error))
    measured = rows(with_it, store, found)
    over = [
        f"{row.what}: {row.measured:,.0f} {row.unit}, budget {row.budget:,.0f}" if row.measured is not None
        else f"{row.what}: not measured, as it did not answer"
        for row in measured
        if not row.fits
    ]  # fmt: skip
    free = memory_kib(root, "MemAvailable")
    if free is not None and free / 1024 < found.peak_rss_mib:
        over.append(f"memory: {found.peak_rss_mib:,.0f} MiB, of which {free / 1024:,.0f} are free here")
    return Tried(candidate, "; ".join(over), measured)


def _before(profile: Profile, store: ModelStore) -> str:
    """What speaks against it before it is tried."""
    engine, budget = profile.asr.engine, profile.budget
    if engine not in budget.engines:
        return f"too much for {profile.board}, whose profile lists {', '.join(budget.engines)}"
    for library, needed in ((VOSK, "vosk"), (WHISPER, "together")):
        if engine == needed and installed_version(library) is None:
            return f"not installed: make install EXTRAS={library.extra}"
    wanted = recognisers(profile, store)
    for model in wanted:
        if model not in store.manifests or store.status(model).presence is Presence.MISSING:
            return f"its model {model} is not here: run edge models pull {model}"
    if unfit := [model for model in wanted if model not in budget.models]:
        return f"its model {unfit[0]} is not among those that {profile.board} has room for"
    return _room(profile, store, budget)


def _room(profile: Profile, store: ModelStore, budget: BudgetSettings) -> str:
    needed = disk_mib(profile, store)
    if needed > budget.disk_mib:
        return f"{needed:,.0f} MiB on disk, budget {budget.disk_mib:,}"
    folder = profile.paths.data_dir
    here = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(here).free / _MIB
    return f"{needed:,.0f} MiB on disk, of which {free:,.0f} are free" if free < needed else ""


def _pcm(name: str) -> bytes:
    from edge.audio.capture import FileSource

    with FileSource(data_dir("recordings") / f"{name}.flac") as source:
        return b"".join(frame.pcm for frame in source)


def _home() -> HomeState:
    """The devices of the simulated home, standing still: what can be said there is what a home of that size has."""
    from edge.home import catalogue
    from edge.home.naming import place_id

    floors = [Floor(place_id(floor), floor) for floor in catalogue.FLOORS]
    areas = [Area(place_id(r), r, place_id(floor)) for floor, names in catalogue.FLOORS.items() for r in names]
    entities = [
        Entity(
            row.entity_id,
            row.domain,
            row.name,
            area=place_id(row.room) if row.room else None,
            state=str(row.values.get("state", "off")),
            attributes={**row.config, **{key: value for key, value in row.values.items() if key != "state"}},
        )
        for row in catalogue.ROWS
    ]
    return HomeState.of(entities, areas, floors, place_id(catalogue.MIC_AREA))
