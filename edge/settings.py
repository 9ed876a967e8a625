"""Everything about the hub that can be set: frozen dataclasses with defaults, units and the range of each value.

`edge.profile` fills them in from files and environment; only `hub.py` and `cli.py` read them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

from edge.resources import user_config_home, user_data_home
from edge.values import Matching, Range

Ms = Annotated[int, Range(1, 600_000, "milliseconds")]
Name = Annotated[str, Matching(r".{1,200}", "a name of at most 200 characters")]
Engine = Literal["pocketsphinx", "vosk", "whisper", "together"]
ModelId = Annotated[str, Matching(r"[a-z0-9][a-z0-9._-]{0,99}", "a model's id, as edge models list shows it")]
WakeModelName = Annotated[
    str,
    Matching(
        r"[a-z0-9][a-z0-9._-]{0,99}|.{1,1000}\.(json|tflite|onnx)",
        "a model's id, as edge models list shows it, or a model's file",
        paths=(".json", ".tflite", ".onnx"),
    ),
]
SpeakerName = Annotated[
    str,
    Matching(r"[a-z0-9][a-z0-9_-]{0,39}", "a name of small letters, digits, - and _, as edge wake enroll --list shows"),
]
Score = Annotated[float, Range(0.0, 1.0)]
Language = Annotated[str, Matching(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", "a language code, such as en")]
Host = Annotated[str, Matching(r"[^\s/@]{1,253}", "a host name or address alone, without mqtt://")]
Topic = Annotated[
    str, Matching(r"[^\s/+#$][^\s+#]{0,200}(?<!/)|[^\s/+#$]", "an MQTT topic without + and #, such as edge")
]
PackSource = Annotated[
    str,
    Matching(
        r"https://\S{1,2000}|http://(localhost|127\.0\.0\.1|\[::1\])([:/]\S*)?|mqtt|[~/].{0,1000}",
        "an https address, the absolute path of a file or folder, or mqtt",
    ),
]
CollectorUrl = Annotated[
    str,
    Matching(
        r"https://[^\s@]{1,2000}|http://(localhost|127\.0\.0\.1|\[::1\])([:/][^\s@]*)?",
        "an https address, such as https://collector.example/batch",
    ),
]


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """The microphone."""

    device: Name | None = None
    """Name or number, as `edge doctor` lists them; None is the system's default."""
    rate: Annotated[int, Range(8_000, 192_000, "Hz")] | None = None
    """Samples a second to open it with; None tries 16,000 first, then the device's own."""
    queue_frames: Annotated[int, Range(10, 5_000, "frames")] = 500
    """20 ms frames that may wait for the recogniser before the oldest are dropped."""
    pre_roll_ms: Annotated[int, Range(20, 10_000, "milliseconds")] = 1500
    """Milliseconds of audio from before the wake word's end that the recogniser is given."""


@dataclass(frozen=True, slots=True)
class WakeSettings:
    """The wake word."""

    models: tuple[WakeModelName, ...] = ("hey_jarvis",)
    """Ids of the wake words' manifests, or files: a microWakeWord model's .json, an openWakeWord model's .tflite or
    .onnx."""
    threshold: Annotated[float, Range(0.01, 0.99)] | None = None
    """Score from which the first model alone is believed; None takes the model's own."""
    verify: Literal["auto", "off"] = "auto"
    """auto has a second model look at what the first is not sure of, where one for the same word is installed."""
    verifier: Path | None = None
    """Folder with the second model's files, under their own names, in place of the installed ones: quantized ones."""
    near: Score | None = None
    """Score of the first model from which the second is asked; None takes the manifest's."""
    both: Score | None = None
    """Score of both models together from which it counts as heard; None takes the manifest's."""
    sensitivity: Score = 0.5
    """Moves all of these together: more wakes more easily, 0.5 leaves them as they are."""
    speakers: tuple[SpeakerName, ...] = ()
    """Names of the enrolled voices that alone may wake the hub, a convenience and not a lock; none: every voice may."""
    refractory_ms: Ms = 2000
    """Milliseconds after a wake in which no other one counts."""


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """When an utterance ends."""

    silence_ms: Annotated[int, Range(100, 10_000, "milliseconds")] = 700
    """Milliseconds without speech that end it, where it cannot be told whether it is whole."""
    early_ms: Annotated[int, Range(100, 10_000, "milliseconds")] = 350
    """Milliseconds without speech that end a whole request."""
    late_ms: Annotated[int, Range(100, 10_000, "milliseconds")] = 1500
    """Milliseconds without speech that end one that is plainly unfinished."""
    no_speech_ms: Annotated[int, Range(500, 60_000, "milliseconds")] = 5000
    """Milliseconds to wait for speech to begin."""
    max_ms: Annotated[int, Range(1_000, 120_000, "milliseconds")] = 15_000
    """Milliseconds after which listening stops whatever is heard."""


WHISPER_RAM_MIB = 640
"""Memory budget from which asr.engine = auto lets Whisper listen too; boards that have less are too slow for it."""


@dataclass(frozen=True, slots=True)
class AsrSettings:
    """Speech recognition."""

    engine: Literal["auto", "pocketsphinx", "vosk", "whisper", "together"] = "auto"
    """auto takes the best that is installed and that the memory budget affords: together (Whisper beside Vosk or
    Pocketsphinx), Vosk, Pocketsphinx."""
    model: ModelId = "vosk-small-en-us"
    """Id of the manifest of the model that Vosk uses."""
    whisper_model: ModelId = "whisper-tiny-en"
    """Id of the manifest of the model that Whisper uses."""


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker."""

    host: Host | None = None
    """None: no broker is configured, and none is contacted."""
    port: Annotated[int, Range(1, 65_535)] = 1883
    username: Name | None = None
    password: Annotated[str, Matching(r".{1,1000}", "a password")] | None = field(default=None, repr=False)
    """Read through `edge.profile.mqtt_password`, which knows the safer places too."""
    password_file: Path | None = None
    """File that holds the password and nothing else."""
    tls: bool = False
    ca_file: Path | None = None
    """Certificate authority of the broker; None trusts the system's."""
    cert_file: Path | None = None
    """The hub's own certificate, for brokers that ask for one."""
    key_file: Path | None = None
    """Its key; None: it is in cert_file."""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    """Version of MQTT; auto takes 5 where the broker knows it."""
    client_id: Annotated[str, Matching(r"[\w.:-]{1,128}", "1 to 128 letters, digits and -._:")] | None = None
    """None: one is made from the machine's name."""
    prefix: Topic = "homeassistant"
    """Discovery prefix."""
    base_topic: Topic = "edge"
    """Below it the hub says what it did and whether it is there."""
    keepalive_s: Annotated[int, Range(5, 3_600, "seconds")] = 30
    zigbee2mqtt: Topic = "zigbee2mqtt"
    """Base topic of Zigbee2MQTT, whose groups and folders tell rooms."""
    announce: bool = True
    """Announce the hub itself as a device; false takes back what was announced."""
    publish_requests: bool = False
    """Tell the broker what was said: whoever keeps the states of devices keeps that too."""
    hermes: bool = False
    """Publish what Rhasspy publishes, what was said with it, and speak what `hermes/tts/say` asks for."""
    site_id: Annotated[str, Matching(r"[\w.-]{1,64}", "1 to 64 letters, digits and -._")] = "default"
    """Name of this hub in Rhasspy's messages."""


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """What MQTT discovery does not tell about the house; what `paths.home` says beside it wins."""

    area: Name | None = None
    """Name of the room that the microphone is in."""
    floors: Mapping[str, tuple[Name, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Name of each floor -> names of its rooms."""


@dataclass(frozen=True, slots=True)
class ActSettings:
    """Acting on devices."""

    confirm_ms: Ms = 2000
    """Milliseconds to wait for a device to report the state that was asked for."""
    rate: Annotated[float, Range(0.1, 10_000.0, "messages a second")] = 20.0
    """Messages a second that devices are sent when there are many: a radio mesh carries no more."""
    burst: Annotated[int, Range(1, 1_000, "messages")] = 20
    """Messages that may go out at once after a pause."""
    answer_s: Annotated[int, Range(5, 300, "seconds")] = 30
    """Seconds after a question in which a yes is still an answer to it."""


@dataclass(frozen=True, slots=True)
class ReplySettings:
    """Answering."""

    speak: bool = False
    """Say replies aloud."""
    voice: ModelId | None = None
    """Name of the voice, as hibari-tts has it; None takes the one that it carries."""
    chime: bool = False
    """Play two soft tones when the wake word was heard and the hub waits for the request."""
    publish: bool = True
    """Publish replies below the base topic."""


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """What is remembered, on this machine alone."""

    keep: Literal["all", "no_words", "nothing"] = "all"
    """no_words keeps turns and habits on disk and nothing of what was said; nothing keeps no file at all."""


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """What the hub learns of what people say."""

    ask: bool = True
    """Ask "did that work?" now and then, where a device stayed silent or something learned was done first."""


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """What all homes learn together: nothing is sent or fetched unless it is set."""

    carrier: Literal["folder", "https", "mqtt"] | None = None
    """How reports of how requests went leave, once `edge outbox enable` has been run too; None: none are made."""
    folder: Path | None = None
    """Folder that they are put into, where carrier is folder; it must be there."""
    url: CollectorUrl | None = None
    """Address that they are sent to, where carrier is https."""
    pack_source: PackSource | None = None
    """Where to look for what others have learnt, once a day: an https address, a file or folder, or mqtt."""
    pack_key: (
        Annotated[str, Matching(r"[A-Za-z0-9+/]{43}=", "a public key of 44 characters, as its publisher gives it")]
        | None
    ) = None
    """Ed25519 key, in base64, that a pack must be signed with."""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Figures for Prometheus."""

    port: Annotated[int, Range(0, 65_535)] = 0
    """Port of this machine alone (127.0.0.1) that they can be read at; 0: nowhere."""


@dataclass(frozen=True, slots=True)
class PathSettings:
    """Folders."""

    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    """What the hub has learned and its spool; made when it is needed."""
    custom_sentences: Path = field(default_factory=lambda: default_custom_sentences(os.environ))
    """The user's own sentences, YAML as Home Assistant has it; it need not exist."""
    pronunciations: Path = field(default_factory=lambda: default_pronunciations(os.environ))
    """How the household says its own words, in CMUdict's format; it need not exist."""
    home: Path = field(default_factory=lambda: default_home(os.environ))
    """Rooms, names and what a voice may do, as `edge home init` writes it; it need not exist."""


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """What the hub may use on this board; benchmarks and `edge doctor` measure against it."""

    ram_mib: Annotated[int, Range(16, 1_048_576, "MiB")] = 512
    """Resident memory, all models loaded."""
    idle_cpu_percent: Annotated[float, Range(0.1, 6_400.0, "percent")] = 15.0
    """Percent of one core while listening for the wake word."""
    active_cpu_percent: Annotated[float, Range(0.1, 6_400.0, "percent")] = 100.0
    """Percent of one core while recognising."""
    answer_ms: Ms = 1000
    """Milliseconds from the end of speech to the command's being sent, with the silence that ends a request."""
    disk_mib: Annotated[int, Range(1, 1_048_576, "MiB")] = 512
    """Models and data together."""
    engines: tuple[Engine, ...] = ("pocketsphinx",)
    """What `asr.engine` may be on this board, the most able first."""
    models: tuple[ModelId, ...] = ("pocketsphinx-en-us", "silero-vad")
    """Ids of the manifests of the models that fit it, with those of the wake words."""
    threads: Annotated[int, Range(1, 64)] = 2
    """Threads that inference may use."""


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where the hub keeps its data unless told otherwise."""
    return user_data_home(environ) / "edge"


def default_custom_sentences(environ: Mapping[str, str]) -> Path:
    """Where the user's own sentences are looked for unless told otherwise."""
    return user_config_home(environ) / "edge" / "custom_sentences"


def default_pronunciations(environ: Mapping[str, str]) -> Path:
    """Where the household's pronunciations are looked for unless told otherwise."""
    return user_config_home(environ) / "edge" / "pronunciations.dict"


def default_home(environ: Mapping[str, str]) -> Path:
    """Where the household's rooms and devices are looked for unless told otherwise."""
    return user_config_home(environ) / "edge" / "home.toml"


@dataclass(frozen=True, slots=True)
class Profile:
    """All that the hub was told, checked; `Profile(board="x86-64")` has every default."""

    board: str
    """Name of the device profile."""
    language: Language = "en"
    audio: AudioSettings = field(default_factory=AudioSettings)
    wake: WakeSettings = field(default_factory=WakeSettings)
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    asr: AsrSettings = field(default_factory=AsrSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    home: HomeSettings = field(default_factory=HomeSettings)
    act: ActSettings = field(default_factory=ActSettings)
    reply: ReplySettings = field(default_factory=ReplySettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    learning: LearningSettings = field(default_factory=LearningSettings)
    upstream: UpstreamSettings = field(default_factory=UpstreamSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    paths: PathSettings = field(default_factory=PathSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    origins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False, compare=False)
    """Key -> where its value was set; keys that are not in it have their default."""

    def origin(self, key: str) -> str:
        """Where the value of a key such as `mqtt.host` was set: `file:line`, a variable, or `default`.

        Raises KeyError for a key that does not exist.
        """
        if key not in FIELDS:
            raise KeyError(key)
        return self.origins.get(key, "default")

    def entries(self) -> "tuple[Entry, ...]":
        """Every setting with its value and origin, in the order of the sections; secrets are not shown."""
        return tuple(Entry(key, _shown(key, _value(self, key)), self.origin(key)) for key in FIELDS)


class Entry(NamedTuple):
    """One line of `edge profile`."""

    key: str
    value: str
    origin: str


class _Field(NamedTuple):
    kind: Any
    secret: bool


def _all_fields() -> dict[str, _Field]:
    found = {"board": _Field(str, secret=False), "language": _Field(Language, secret=False)}
    for section, cls in get_type_hints(Profile).items():
        if not cls.__name__.endswith("Settings"):
            continue
        kinds = get_type_hints(cls, include_extras=True)
        # What must not be printed is marked once, by `repr=False`.
        found |= {f"{section}.{f.name}": _Field(kinds[f.name], secret=not f.repr) for f in fields(cls)}
    return found


FIELDS: Mapping[str, _Field] = MappingProxyType(_all_fields())
"""Every key that can be set, `section.key`, with its type."""

SECTIONS = tuple(dict.fromkeys(key.partition(".")[0] for key in FIELDS if "." in key))


def differing(one: Profile, other: Profile) -> tuple[str, ...]:
    """Keys of which two profiles have different values."""
    return tuple(key for key in FIELDS if _value(one, key) != _value(other, key))


def _value(profile: Profile, key: str) -> object:
    section, _, name = key.partition(".")
    return getattr(getattr(profile, section), name) if name else getattr(profile, section)


def _shown(key: str, value: object) -> str:
    if value is None:
        return "(not set)"
    if FIELDS[key].secret:
        return "(set)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {', '.join(items)}" for name, items in value.items()) or "(none)"
    return str(value)
