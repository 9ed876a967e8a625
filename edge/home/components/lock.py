"""Locks and alarms: https://www.home-assistant.io/integrations/lock.mqtt/ and alarm_control_panel.mqtt/."""

from collections.abc import Iterator

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.keys import Key
from edge.home.components.reading import STATE, Reading, reading, word
from edge.home.components.saying import NOTHING_TO_DO, Ask, Refuse, Rule, fits, is_in
from edge.home.config import DeviceConfig
from edge.home.instruction import Instruction

_LOCK_STATES = ("locked", "unlocked", "locking", "unlocking", "jammed", "open", "opening")
MODES = ("home", "away", "night", "vacation", "custom_bypass")
"""Ways in which an alarm can be armed."""
_ALARM_STATES = (
    "disarmed",
    *(f"armed_{mode}" for mode in MODES),
    "arming",
    "pending",
    "triggered",
    "disarming",
)
_FEATURES = ("arm_home", "arm_away", "arm_night", "trigger", "arm_custom_bypass", "arm_vacation")
_REMOTE_CODES = ("REMOTE_CODE", "REMOTE_CODE_TEXT")


def _lock_readings(config: DeviceConfig) -> Iterator[Reading]:
    words: dict[str | None, object] = {config.text("payload_reset"): None}
    words |= {config.text(f"state_{state}"): state for state in _LOCK_STATES}
    yield from reading(config, "state_topic", ("value_template",), word(STATE, words))


def _locked(payload_key: str, *states: str) -> Rule:
    others = tuple(key for key in ("payload_lock", "payload_unlock", "payload_open") if key != payload_key)
    start = ("unlocked", "open") if "locked" in states else ("locked",)

    def say(ask: Ask) -> Instruction:
        if ask.toggled(payload_key, others, states, start):
            return NOTHING_TO_DO
        pattern = ask.config.text("code_format")
        code = ask.code
        if pattern:
            if code is None:
                raise Refuse("act.code_needed")
            if not fits(code, pattern):
                raise Refuse("act.bad_code")
        payload = ask.config.text(payload_key)
        message = ask.message("command_topic", payload, "command_template", code=code or "")
        return Instruction((message,), (is_in(*states),) if ask.shows("state_topic") else ())

    return Rule(say, frozenset(("code",)))


def _alarm_readings(config: DeviceConfig) -> Iterator[Reading]:
    words: dict[str | None, object] = {state: state for state in _ALARM_STATES}
    yield from reading(config, "state_topic", ("value_template",), word(STATE, words))


def _features(value: object) -> tuple[str, ...]:
    """Names of features; ESPHome sends them as the bits of Home Assistant's AlarmControlPanelEntityFeature."""
    if isinstance(value, bool) or not isinstance(value, int):
        return keys.texts(value)
    return tuple(name for bit, name in enumerate(_FEATURES) if value >> bit & 1)


def _armed(ask: Ask) -> Instruction:
    mode = ask.chosen("mode", MODES)
    if f"arm_{mode}" not in ask.config.texts("supported_features"):
        raise Refuse("act.unsupported")
    return _alarm_told(ask, f"payload_arm_{mode}", "code_arm_required", f"armed_{mode}", "arming")


def _disarmed(ask: Ask) -> Instruction:
    return _alarm_told(ask, "payload_disarm", "code_disarm_required", "disarmed")


def _alarm_told(ask: Ask, payload_key: str, required: str, *states: str) -> Instruction:
    own, code = ask.config.text("code"), ask.code
    if own is not None and ask.config.flag(required):
        if code is None:
            raise Refuse("act.code_needed")
        wrong = code != own if own not in _REMOTE_CODES else own == "REMOTE_CODE" and not code.isdecimal()
        if wrong:
            raise Refuse("act.bad_code")
    action = ask.config.text(payload_key)
    message = ask.message("command_topic", action, "command_template", action=action, code=code)
    return Instruction((message,), (is_in(*states),) if ask.shows("state_topic") else ())


LOCK = Component(
    keys={
        **keys.STATE,
        **keys.COMMANDED,
        **keys.keys(keys.text, "code_format", "payload_open"),
        **keys.words(payload_lock="LOCK", payload_unlock="UNLOCK", payload_reset="None"),
        **{f"state_{state}": Key(keys.text, state.upper()) for state in _LOCK_STATES},
    },
    readings=_lock_readings,
    rules={
        Verb.LOCK: _locked("payload_lock", "locked"),
        Verb.UNLOCK: _locked("payload_unlock", "unlocked"),
        # A latch springs back: it may be seen unlocked only.
        Verb.OPEN: _locked("payload_open", "open", "opening", "unlocked"),
    },
    reports=("state_topic",),
)


def _alarm_facts(config: DeviceConfig) -> dict[str, object]:
    """That it wants a code, and of which kind; never the code."""
    code = config.text("code")
    if code is None:
        return {}
    return {"code_format": "number" if code.isdecimal() or code == "REMOTE_CODE" else "text"}


ALARM = Component(
    keys={
        **keys.STATE,
        **keys.COMMANDED,
        **keys.keys(keys.text, "code"),
        **keys.flags(code_arm_required=True, code_disarm_required=True),
        **{f"payload_arm_{mode}": Key(keys.text, f"ARM_{mode.upper()}") for mode in MODES},
        **keys.words(payload_disarm="DISARM"),
        "supported_features": Key(_features, tuple(f"arm_{mode}" for mode in MODES)),
    },
    readings=_alarm_readings,
    rules={
        Verb.ARM: Rule(_armed, frozenset(("mode", "code"))),
        Verb.DISARM: Rule(_disarmed, frozenset(("code",))),
    },
    reports=("state_topic",),
    facts=_alarm_facts,
)
