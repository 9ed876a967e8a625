"""What is fed with inputs that nobody should send: every reader of the hub of what others have written.

A target takes bytes and either uses them or raises EdgeError, which is what it is documented to do. Whatever else comes
of them is a defect. Seeds are good inputs; some are sealed again after they were spoilt (checksums, signatures), as
else nothing behind the seal would ever be reached.
"""

import hashlib
import io
import json
import random
import sqlite3
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.core.codec import dumps, loads

Use = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """One reader. Its `make` is given a folder to write in, in the process that uses it."""

    name: str
    make: Callable[[Path], tuple[Use, Sequence[bytes]]]
    """Returns the reader and its seeds."""
    seal: Callable[[bytes, random.Random], bytes] = lambda data, _: data
    """Makes what was spoilt look whole, now and then."""


# --- what the broker says ---

_TOPICS = (
    *(f"homeassistant/{kind}/x/config" for kind in ("light", "switch", "cover", "climate", "device", "fan", "sensor")),
    *(f"homeassistant/{kind}/n/x/config" for kind in ("lock", "vacuum", "select", "number", "event", "update")),
    *("tasmota/discovery/AABBCCDDEEFF/config", "tasmota/discovery/AABBCCDDEEFF/sensors", "zigbee2mqtt/bridge/groups"),
)


def _discovery(_: Path) -> tuple[Use, Sequence[bytes]]:
    """The first line is the topic, the second the announcement, all others are what the device then says."""
    from edge.home import catalogue, simulated
    from edge.home.discovery import parse
    from edge.home.mirror import Mirror

    def use(data: bytes) -> object:
        number, _, rest = data.partition(b"\n")
        topic = _TOPICS[(number[0] if number else 0) % len(_TOPICS)]
        announced, *said = rest.split(b"\n")
        mirror = Mirror(clock_ms=lambda: 1)
        if topic.endswith("groups"):
            mirror.group(announced)
        else:
            mirror.apply(topic, announced, retained=True)
        mirror.snapshot()
        for listened in sorted(mirror.topics)[:20]:
            for payload in said[:8]:
                mirror.apply(listened, payload)
        home = mirror.snapshot()
        for entity_id in home.entities:
            mirror.facts(entity_id)
        loads(type(home), dumps(home))  # as `edge devices --json` writes it
        return parse(topic, announced) if not topic.endswith("groups") else home.entities.keys()

    seeds = []
    for at, row in enumerate(catalogue.ROWS):
        found = json.dumps(simulated._discovery(row)).encode()  # noqa: SLF001 - as real devices announce themselves
        kind = next((n for n, topic in enumerate(_TOPICS) if f"/{row.domain}/" in topic), at % len(_TOPICS))
        said = json.dumps(dict(row.values), default=str).encode()
        seeds.append(bytes([kind]) + b"\n" + found + b"\n" + said + b"\nonline\nON\n50")
    device = {"dev": {"ids": ["1"], "name": "D"}, "cmps": {"a": {"p": "switch", "cmd_t": "a/s", "stat_t": "a"}}}
    seeds.append(bytes([4]) + b"\n" + json.dumps(device).encode() + b"\nON")
    tasmota = {"ip": "1", "dn": "Tas", "fn": ["a", None], "hn": "t", "mac": "AABBCCDDEEFF", "md": "m", "ty": 0, "if": 0,
               "ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14", "t": "tas",
               "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1, 2, 0], "swc": [-1], "btn": [0],
               "so": {"4": 0, "11": 0, "30": 0}, "lk": 1, "lt_st": 3, "sho": [0], "ver": 1}  # fmt: skip
    seeds.append(bytes([13]) + b"\n" + json.dumps(tasmota).encode() + b'\n{"POWER1":"ON"}\nOnline')
    groups = [{"id": 1, "friendly_name": "Kitchen", "members": [{"ieee_address": "0x1", "endpoint": 1}]}]
    seeds.append(bytes([15]) + b"\n" + json.dumps(groups).encode())
    return use, seeds


# --- what the household has written ---

_CONFIG = b"""\
language = "en"
[mqtt]
host = "broker.lan"
port = 8883
tls = true
ca_file = "ca.pem"
[home]
area = "Living Room"
[home.floors]
"Ground Floor" = ["Kitchen", "Living Room"]
[wake]
models = ["hey_jarvis"]
threshold = 0.9
[endpoint]
silence_ms = 700
[act]
rate = 20.5
[upstream]
pack_source = "https://packs.example/en"
"""
_HOME = b"""\
microphone = "Living Room"
[rooms."Living Room"]
floor = "Ground Floor"
aliases = ["lounge"]
[floors."Ground Floor"]
aliases = ["downstairs"]
[devices."light.garden_*"]
room = "Garden"
voice = "never"
[devices."lock.front_door"]
name = "Door"
voice = "confirm"
"""
_SENTENCES = b"""\
language: "en"
intents:
  EdgeCoffee:
    data:
      - sentences:
          - "(make|brew) [me] {cups} cup[s] [of] coffee [in <area>]"
        slots:
          kind: strong
lists:
  cups:
    range: {from: 1, to: 9}
expansion_rules:
  again: "[once] again"
responses:
  intents:
    EdgeCoffee:
      default: "{{ slots.cups }} coming"
"""
_PRONUNCIATIONS = b";;; ours\necobee IY K OW B IY\necobee(2) EH K OW B IY\nfritz F R IH T S\n"


def _config(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.profile import load_profile

    def use(data: bytes) -> object:
        path = _written(folder / "edge.toml", data)
        return load_profile(config=path, board="x86-64", environ={"HOME": str(folder)}, system_paths=()).entries()

    return use, (_CONFIG,)


def _household(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from edge import household_file
    from edge.core.home import Entity

    lamp = Entity("light.garden_1", "light", "Garden Lamp")

    def use(data: bytes) -> object:
        path = _written(folder / "home.toml", data)
        return household_file.load(path, environ={"HOME": str(folder)}).applied(lamp)

    return use, (_HOME,)


def _sentences(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.core.home import Entity, HomeState
    from edge.nlu.grammar import Grammar

    home = HomeState.of([Entity("light.hall", "light", "Hall Light")])

    def use(data: bytes) -> object:
        path = _written(folder / "own.yaml", data)
        return Grammar("en", [path], builtin=False).readings("make me two cups of coffee", home, 3)

    return use, (_SENTENCES,)


def _pronunciations(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.asr import pronunciations

    return lambda data: pronunciations.read(_written(folder / "own.dict", data)), (_PRONUNCIATIONS,)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# --- what the hub has written ---


def _cache_bytes() -> bytes:
    from edge.rewrite.encoder import Encoder
    from edge.rewrite.packing import packed

    return packed((), _rules(), Encoder())


def _rules() -> tuple[Any, ...]:
    from edge.rewrite.entry import Rule, Source
    from edge.rewrite.ledger import rule_id

    pairs = (("turn on the reeling lamb", "turn on the reading lamp"), ("torn off the tv", "turn off the television"))
    return tuple(
        Rule(rule_id(h, m), h, m, Source.POOLED, wins=6.0, losses=0.5, made_day=20_000, last_day=20_000)
        for h, m in pairs
    )


def _cache(_: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.rewrite.cache import Cache
    from edge.rewrite.encoder import Encoder

    encoder = Encoder()

    def use(data: bytes) -> object:
        opened = Cache(data, encoder)
        try:
            known = [*opened.phrases(), *opened.rules()]
            opened.exact("turn on the reeling lamb")
            opened.near("turn on the reading lamb")
            return len(known), opened.rule("x"), opened.label("x")
        finally:
            opened.close()

    return use, (_cache_bytes(),)


def _seal_cache(data: bytes, rng: random.Random) -> bytes:
    """Right checksums, three times of four: what only chance would get past says little of what stands behind."""
    from edge.rewrite.packing import HEAD, HEADER, SECTION, SECTIONS

    if len(data) < HEADER or rng.random() < 0.25:
        return data
    made = bytearray(data)
    magic, version, bits, count, dims, spare, made_by, _ = HEAD.unpack_from(_cache_bytes())
    HEAD.pack_into(made, 0, magic, version, bits, count, dims, spare, made_by, len(made))
    for number in range(len(SECTIONS)):
        place = HEAD.size + number * SECTION.size
        begin, length, _ = SECTION.unpack_from(made, place)
        if begin + length <= len(made):
            SECTION.pack_into(made, place, begin, length, zlib.crc32(made[begin : begin + length]))
    struct.pack_into("<I", made, HEADER - 4, zlib.crc32(made[: HEADER - 4]))
    return bytes(made)


_KEY = bytes(range(32))


def _pack(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from nacl.signing import SigningKey

    from edge.rewrite.cache import Cache
    from edge.rewrite.encoder import Encoder
    from edge.rewrite.packing import FORMAT
    from edge.upstream.pack import objection
    from edge.upstream.signed import Manifest, seal, unseal
    from edge.upstream.vocabulary import Vocabulary

    encoder, public = Encoder(), bytes(SigningKey(_KEY).verify_key)

    def use(data: bytes) -> object:
        _, cache = unseal(data, (public,))
        opened = Cache.open(_written(folder / "pack", cache), encoder)
        try:
            return [objection(rule) for rule in opened.rules()]
        finally:
            opened.close()

    manifest = Manifest(1, "2026-W48", "en", encoder.hash, FORMAT, 2, Vocabulary.load().sha256)
    return use, (seal(manifest, _cache_bytes(), _KEY),)


def _sign_pack(data: bytes, rng: random.Random) -> bytes:
    """As its publisher would have signed it, now and then with hashes that fit what is in it."""
    from nacl.signing import SigningKey

    from edge.upstream.signed import LENGTH, MAGIC, PREFIX, SIGNATURE

    if len(data) < PREFIX + SIGNATURE or rng.random() < 0.25:
        return data
    length = min(LENGTH.unpack_from(data, len(MAGIC))[0], max(0, len(data) - PREFIX - SIGNATURE))
    text, payload = data[PREFIX : PREFIX + length], data[PREFIX + length + SIGNATURE :]
    if rng.random() < 0.8:
        try:
            manifest = json.loads(text)
        except ValueError:
            manifest = None
        if isinstance(manifest, dict):
            manifest["packed"] = hashlib.sha256(payload).hexdigest()
            try:
                text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            except ValueError:  # half a character
                return data
    head = MAGIC + LENGTH.pack(len(text)) + text
    return head + SigningKey(_KEY).sign(head).signature + payload


def _turn(_: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.core import turn as turns
    from edge.core.home import Area, Entity, HomeState
    from edge.core.turn import Command, CommandOutcome, Hypothesis, Interpretation, Outcome, Plan, Result, Slot, Span
    from edge.core.turn import Turn, Utterance, Verb

    home = HomeState.of([Entity("light.hall", "light", "Hall Light", area="hall", state="off")], [Area("hall", "Hall")])
    said = Interpretation("HassTurnOn", (Slot("name", "Hall Light", "hall light"),), "turn on the hall light")
    turn = Turn(
        *("t1", 1_700_000_000_000, home, Utterance((Hypothesis("turn on the hall light", 0.9),), wake="Hey Jarvis")),
        interpretation=said,
        readings=(said,),
        plan=Plan(commands=(Command("light.hall", Verb.TURN_ON, {"brightness": 50}),)),
        outcome=Outcome((CommandOutcome("light.hall", Result.CONFIRMED),)),
        spans=(Span("act", 1.0),),
    )

    def use(data: bytes) -> object:
        read = loads(turns.Turn, data)
        again = loads(turns.Turn, dumps(read))
        if again != read:
            raise AssertionError("it comes back as something else")
        return len(read.spans)

    return use, (dumps(turn).encode(),)


def _timers(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.core.codec import to_json
    from edge.core.timers import Later, Timer, TimerKind
    from edge.timers.book import Book
    from edge.timers.keeper import Keeper

    later = Later("light.hall", "turn_on", {"brightness": 50}, ("Hall Light",))
    timers = (
        Timer("a", seconds=600, due_ms=2_000_000_000_000, name="pizza", then=(later,), since_ms=1),
        Timer("b", TimerKind.ALARM, due_ms=2_000_000_000_000, at="07:30", days=(0, 4), since_ms=1),
    )

    def use(data: bytes) -> object:
        keeper = Keeper(Book(_written(folder / "timers.json", data)), wall_ms=lambda: 2_000_000_300_000)
        keeper._due()  # noqa: SLF001 - a moment at which they are due
        return len(keeper.timers())

    return use, (json.dumps({"version": 1, "timers": to_json(timers)}).encode(),)


def _history(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.feedback.store import Store

    path = folder / "history.db"
    _, (turn, *_) = _turn(folder)
    from edge.core.turn import Turn

    made = Store(path, "house", lambda *_: None)
    made.add_turn(loads(Turn, turn))
    made.save_memory(habits={"version": 1}, spoken=[])
    made.close()
    good = path.read_bytes()

    def use(data: bytes) -> object:
        for old in folder.glob("history.db*"):
            old.unlink()
        told: list[str] = []
        store = Store(_written(path, data), "house", lambda code, _: told.append(code))
        try:
            return len(store.turns()), tuple(store.memory()), store.steps(), told and told[0]
        finally:
            store.close()

    return use, (good,)


def _exported(folder: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.core.errors import InputError
    from edge.rewrite.importing import lessons_in
    from edge.rewriting import rewrites_of_home
    from edge.settings import PathSettings, Profile

    profile = Profile("x86-64", paths=PathSettings(data_dir=folder))
    rules = [{**asdict(rule), "source": rule.source.value, "state": rule.state.value} for rule in _rules()]
    data = {"edge_rewrites": 1, "rules": rules, "lessons": [
        {"kind": "name", "key": "reading light", "data": {"device": "light.hall", "sort": "light"}, "at_ms": 1}]}  # fmt: skip

    def use(raw: bytes) -> object:
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise InputError("json.invalid", "as the command says it") from error
        rewrites = rewrites_of_home(profile, "house", None)
        try:
            taken = rewrites.take(found, own=True), rewrites.take(found, own=False)
            return taken, lessons_in(found, own=True), lessons_in(found, own=False)
        finally:
            rewrites.close()

    return use, (json.dumps(data).encode(),)


# --- what others send, and sound ---


def _batch(_: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.upstream.batch import decode, encode
    from edge.upstream.vocabulary import Vocabulary

    vocabulary = Vocabulary.load()

    def use(data: bytes) -> object:
        batch = decode(data, vocabulary=vocabulary)
        if decode(encode(batch), vocabulary=vocabulary) != batch:
            raise AssertionError("it comes back as something else")
        return len(batch.reports)

    return use, (_batch_bytes(), _batch_lines())


def _batch_bytes() -> bytes:
    from edge.upstream.batch import Batch, encode
    from edge.upstream.report import Confidence, DayPart, Layer, TurnReport
    from edge.upstream.vocabulary import Vocabulary

    on = ("turn", "on", "the", "light")
    reports = (
        TurnReport("en", DayPart.EVENING, Confidence.HIGH, on, worked=True),
        TurnReport("en", DayPart.NIGHT, Confidence.LOW, on, "", on[:2], Layer.PERSONAL, (), "", False),
    )
    return encode(Batch("0" * 32, "1" * 32, "2026-W48", "en", Vocabulary.load().sha256, reports))


def _batch_lines() -> bytes:
    from edge.upstream.batch import decompressed

    return decompressed(_batch_bytes())


def _compress(data: bytes, _: random.Random) -> bytes:
    """What is no frame becomes the content of one."""
    import zstandard

    from edge.upstream.batch import _compressor

    if data[:4] == zstandard.FRAME_HEADER:
        return data
    return bytes(_compressor().compress(data))


def _audio(folder: Path) -> tuple[Use, Sequence[bytes]]:
    import numpy as np
    import soundfile

    from edge.audio.capture import FileSource

    def use(data: bytes) -> object:
        frames = 0
        with FileSource(_written(folder / "sound", data)) as source:
            for frame in source:
                frames += len(frame.pcm) == 640
        return min(frames, 3)

    samples = (np.sin(np.arange(3_000) / 7) * 9_000).astype("<i2")
    seeds = []
    for kind, subtype, rate, channels in (
        *(("WAV", "PCM_16", 16_000, 1), ("WAV", "FLOAT", 48_000, 2), ("WAV", "ULAW", 8_000, 1)),
        *(("FLAC", "PCM_16", 16_000, 1), ("FLAC", "PCM_24", 44_100, 2), ("OGG", "VORBIS", 16_000, 1)),
        *(("AIFF", "PCM_16", 16_000, 1), ("W64", "PCM_16", 16_000, 1), ("WAV", "IMA_ADPCM", 16_000, 1)),
    ):
        out = io.BytesIO()
        soundfile.write(out, np.stack([samples] * channels, axis=1), rate, format=kind, subtype=subtype)
        seeds.append(out.getvalue())
    return use, seeds


def _pcm(_: Path) -> tuple[Use, Sequence[bytes]]:
    from edge.audio.capture import PcmSource

    def use(data: bytes) -> object:
        rate = 16_000 if not data else (8_000, 16_000, 44_100)[data[0] % 3]
        return min(3, sum(1 for _ in PcmSource(io.BytesIO(data), rate=rate)))

    return use, (bytes(range(256)) * 20,)


def _spool(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """The file of what waits to leave, as bytes of a database."""
    from edge.feedback.database import is_damaged

    path = folder / "spoilt.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (a TEXT)")
        db.execute("INSERT INTO t VALUES ('x')")
    good = path.read_bytes()
    return lambda data: is_damaged(_written(path, data)), (good,)


TARGETS = (
    Target("discovery", _discovery),
    Target("config", _config),
    Target("household", _household),
    Target("sentences", _sentences),
    Target("pronunciations", _pronunciations),
    Target("cache", _cache, _seal_cache),
    Target("pack", _pack, _sign_pack),
    Target("turn", _turn),
    Target("timers", _timers),
    Target("history", _history),
    Target("exported", _exported),
    Target("batch", _batch, _compress),
    Target("audio", _audio),
    Target("pcm", _pcm),
    Target("database", _spool),
)
