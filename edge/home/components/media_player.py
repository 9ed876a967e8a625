"""Media players, which Home Assistant's own MQTT integration does not know.

The keys are those of the community's discovery, which desktop agents and players publish:
https://github.com/bkbilly/mqtt_media_player, with what https://github.com/MiCodesOrg/mqtt_media_player adds. Volume is
0 to 1 there, and what is to be played goes as a JSON object with `media_type` and `media_id` to a topic of its own.
"""

import json
from collections.abc import Iterator

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.reading import STATE, Convert, Reading, Update, finite, free, reading
from edge.home.components.saying import NOTHING_TO_DO, SLACK_PERCENT, Ask, Refuse, Rule, is_in
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction

_STATES = ("playing", "paused", "idle", "off", "on", "standby", "buffering")
_REPORTS = ("state", "title", "artist", "album", "source", "volume", "mute")
_AWAKE = tuple(state for state in _STATES if state not in ("off", "standby"))
_COMMANDS = ("play", "pause", "next", "previous", "volume", "mute", "turn_on", "turn_off")
_TITLES = "command_playmedia_topic"
_KINDS = {"film": "movie", "audiobook": "music", "radio": "channel", "news": "channel"}
"""What a title is taken for -> the nearest of Home Assistant's words for it; others are its words."""
PLAYS_TITLES = "plays_titles"
"""Attribute: whether it can be told what to play."""
_STEPS = {"up": 10.0, "down": -10.0}
"""What Home Assistant's sentences say of a volume without a number: a tenth."""
_MUTE = {"mute": True, "on": True, "true": True, "unmute": False, "off": False, "false": False}


def _readings(config: DeviceConfig) -> Iterator[Reading]:
    def state(text: str) -> Update:
        word = "idle" if text.lower() == "stopped" else text.lower()
        return {STATE: word} if word in _STATES else {}

    def volume(text: str) -> Update:
        value = finite(text)
        if not 0 <= value <= 1:
            raise ValueError("a volume is 0 to 1")
        return {"volume": round(value * 100)}

    def muted(text: str) -> Update:
        return {"muted": _MUTE[text.lower()]} if text.lower() in _MUTE else {}

    converts: dict[str, Convert] = {
        "state": state,
        "title": free("media_title"),
        "artist": free("media_artist"),
        "album": free("media_album"),
        "source": free("source"),
        "volume": volume,
        "mute": muted,
    }
    for name, convert in converts.items():
        yield from reading(config, f"state_{name}_topic", (), convert)


def _facts(config: DeviceConfig) -> dict[str, object]:
    return {PLAYS_TITLES: config.text(_TITLES) is not None}


def _play(ask: Ask) -> Instruction:
    """Goes on with what was paused, or plays a title where the player can be told one: to go on is not to play that."""
    if "media" not in ask.args:
        return _RESUME.say(ask)
    title = str(ask.args["media"])
    if ask.config.text(_TITLES) is None:
        raise Refuse("act.no_titles")
    if not title.strip():
        raise Refuse("act.bad_value")
    kind = str(ask.args.get("kind", "music"))
    payload = json.dumps({"media_type": _KINDS.get(kind, kind), "media_id": title}, ensure_ascii=False)
    return Instruction((ask.message(_TITLES, payload),), (is_in("playing"),) if ask.shows("state_state_topic") else ())


def _pressed(name: str, *states: str) -> Rule:
    key, other = f"command_{name}", "command_pause" if name == "play" else "command_play"
    start = ("paused", "idle", "on", "off", "standby") if name == "play" else ("playing", "buffering")

    def say(ask: Ask) -> Instruction:
        same_topic = ask.config.text(f"{key}_topic") == ask.config.text(f"{other}_topic")
        if states and same_topic and ask.toggled(f"{key}_payload", (f"{other}_payload",), states, start):
            return NOTHING_TO_DO
        message = ask.message(f"command_{name}_topic", ask.config.text(f"command_{name}_payload"))
        return Instruction((message,), (is_in(*states),) if states and ask.shows("state_state_topic") else ())

    return Rule(say)


def _powered(name: str, *states: str) -> Rule:
    """Turns it on or off, where these are two things to it."""

    def say(ask: Ask) -> Instruction:
        if ask.config.text("command_turn_on_topic") == ask.config.text("command_turn_off_topic"):
            other = "turn_off" if name == "turn_on" else "turn_on"
            start = ("off", "standby") if name == "turn_on" else _AWAKE
            if ask.toggled(f"command_{name}_payload", (f"command_{other}_payload",), states, start):
                return NOTHING_TO_DO
        message = ask.message(f"command_{name}_topic", ask.config.text(f"command_{name}_payload"))
        return Instruction((message,), (is_in(*states),) if ask.shows("state_state_topic") else ())

    return Rule(say)


def _volume(ask: Ask) -> Instruction:
    wanted = ask.numeric("volume", 0, 100)
    message = ask.message("command_volume_topic", round(wanted / 100, 2))
    told = ask.shows("state_volume_topic")
    return Instruction((message,), (Goal(near={"volume": (wanted, SLACK_PERCENT)}),) if told else ())


def _louder(ask: Ask) -> Instruction:
    step = _STEPS.get(str(ask.args.get("step"))) or ask.numeric("step", -100, 100)
    volume = ask.attribute("volume")
    if volume is None:
        raise Refuse("act.state_unknown")
    return _volume(ask.with_args(volume=max(0.0, min(100.0, volume + step))))


def _mute(payload_key: str, muted: bool) -> Rule:
    def say(ask: Ask) -> Instruction:
        message = ask.message("command_mute_topic", ask.config.text(payload_key))
        told = ask.shows("state_mute_topic")
        return Instruction((message,), (Goal(equal={"muted": muted}),) if told else ())

    return Rule(say)


_RESUME = _pressed("play", "playing")

MEDIA_PLAYER = Component(
    keys={
        **keys.ANY,
        **keys.SENT,
        **keys.keys(keys.topic, *(f"state_{name}_topic" for name in _REPORTS)),
        **keys.keys(keys.topic, *(f"command_{name}_topic" for name in _COMMANDS), _TITLES),
        **keys.words(command_play_payload="Play", command_pause_payload="Pause"),
        **keys.words(command_next_payload="Next", command_previous_payload="Previous"),
        **keys.words(command_turn_on_payload="on", command_turn_off_payload="off"),
        **keys.words(command_mute_on_payload="mute", command_mute_off_payload="unmute"),
    },
    readings=_readings,
    rules={
        Verb.PLAY: Rule(_play, frozenset(("media", "kind"))),
        Verb.PAUSE: _pressed("pause", "paused", "idle"),
        Verb.TURN_ON: _powered("turn_on", *_AWAKE),
        Verb.TURN_OFF: _powered("turn_off", "off", "standby"),
        Verb.NEXT: _pressed("next"),
        Verb.PREVIOUS: _pressed("previous"),
        Verb.SET_VOLUME: Rule(_volume, frozenset(("volume",))),
        Verb.CHANGE_VOLUME: Rule(_louder, frozenset(("step",))),
        Verb.MUTE: _mute("command_mute_on_payload", muted=True),
        Verb.UNMUTE: _mute("command_mute_off_payload", muted=False),
    },
    reports=("state_state_topic",),
    facts=_facts,
)
