"""What the household writes by hand, and what its devices say: settings, rooms, sentences, sounds of words, MQTT."""

import json
from collections.abc import Sequence
from pathlib import Path

from edge.core.codec import dumps, loads
from tools.bench.faulting.target import Use, written


def _topics() -> tuple[str, ...]:
    from edge.home.schema import SCHEMAS

    return (
        *(f"homeassistant/{component}/x/config" for component in sorted(SCHEMAS)),
        *("homeassistant/device/n/x/config", "tasmota/discovery/AABBCCDDEEFF/config", "zigbee2mqtt/bridge/groups"),
    )


def discovery(_: Path) -> tuple[Use, Sequence[bytes]]:
    """The first line is the topic, the second the announcement, all others are what the device then says."""
    from edge.home import catalogue, simulated
    from edge.home.discovery import parse
    from edge.home.mirror import Mirror

    topics = _topics()

    def use(data: bytes) -> object:
        number, _, rest = data.partition(b"\n")
        topic = topics[(number[0] if number else 0) % len(topics)]
        announced, *said = rest.split(b"\n")
        mirror = Mirror(clock_ms=lambda: 1)
        if topic.endswith("groups"):
            mirror.group(announced)
        else:
            mirror.apply(topic, announced, retained=True)
        mirror.snapshot()
        for listened in sorted(mirror.topics())[:20]:
            for payload in said[:8]:
                mirror.apply(listened, payload)
        home = mirror.snapshot()
        for entity_id in home.entities:
            mirror.facts(entity_id)
        loads(type(home), dumps(home))  # as `edge devices --json` writes it
        return parse(topic, announced) if not topic.endswith("groups") else home.entities.keys()

    seeds = []
    for row in catalogue.ROWS:
        found = json.dumps(simulated._discovery(row)).encode()  # noqa: SLF001 - as real devices announce themselves
        kind = topics.index(f"homeassistant/{row.domain}/x/config")
        said = json.dumps(dict(row.values), default=str).encode()
        seeds.append(bytes([kind]) + b"\n" + found + b"\n" + said + b"\nonline\nON\n50")
    device = {"dev": {"ids": ["1"], "name": "D"}, "cmps": {"a": {"p": "switch", "cmd_t": "a/s", "stat_t": "a"}}}
    seeds.append(bytes([len(topics) - 3]) + b"\n" + json.dumps(device).encode() + b"\nON")
    tasmota = {"ip": "1", "dn": "Tas", "fn": ["a", None], "hn": "t", "mac": "AABBCCDDEEFF", "md": "m", "ty": 0, "if": 0,
               "ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14", "t": "tas",
               "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1, 2, 0], "swc": [-1], "btn": [0],
               "so": {"4": 0, "11": 0, "30": 0}, "lk": 1, "lt_st": 3, "sho": [0], "ver": 1}  # fmt: skip
    seeds.append(bytes([len(topics) - 2]) + b"\n" + json.dumps(tasmota).encode() + b'\n{"POWER1":"ON"}\nOnline')
    groups = [{"id": 1, "friendly_name": "Kitchen", "members": [{"ieee_address": "0x1", "endpoint": 1}]}]
    seeds.append(bytes([len(topics) - 1]) + b"\n" + json.dumps(groups).encode())
    return use, seeds


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
          - "(make|brew) [me] {cups} cup[s] [of] coffee [<again>]"
        slots:
          kind: strong
lists:
  cups:
    range: {from: 1, to: 9}
expansion_rules:
  again: "[once] again"
skip_words: ["please"]
responses:
  intents:
    EdgeCoffee:
      default: "{{ slots.cups }} coming"
"""
_PRONUNCIATIONS = b";;; ours\necobee IY K OW B IY\necobee(2) EH K OW B IY\nfritz F R IH T S\n"


def config(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """Settings of `edge.toml`."""
    from edge.profile import load_profile

    def use(data: bytes) -> object:
        path = written(folder / "edge.toml", data)
        return load_profile(config=path, board="x86-64", environ={"HOME": str(folder)}, system_paths=()).entries()

    return use, (_CONFIG,)


def household(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """Rooms and names of `home.toml`."""
    from edge import household_file
    from edge.core.home import Entity

    lamp = Entity("light.garden_1", "light", "Garden Lamp")

    def use(data: bytes) -> object:
        path = written(folder / "home.toml", data)
        return household_file.load(path, environ={"HOME": str(folder)}).applied(lamp)

    return use, (_HOME,)


def sentences(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """The household's own sentences, read and matched."""
    from edge.core.home import Entity, HomeState
    from edge.nlu.grammar import Grammar

    home = HomeState.of([Entity("light.hall", "light", "Hall Light")])

    def use(data: bytes) -> object:
        path = written(folder / "own.yaml", data)
        return Grammar("en", [path], builtin=False).readings("make me two cups of coffee", home, 3)

    return use, (_SENTENCES,)


def pronunciations(folder: Path) -> tuple[Use, Sequence[bytes]]:
    """How the household says its words."""
    from edge.asr import pronunciations

    return lambda data: pronunciations.read(written(folder / "own.dict", data)), (_PRONUNCIATIONS,)
