"""What is set to a value, and what is only pressed: numbers, selects, texts, buttons and scenes.

https://www.home-assistant.io/integrations/number.mqtt/, select.mqtt/, text.mqtt/, button.mqtt/ and scene.mqtt/.
"""

from collections.abc import Iterator

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.keys import Key
from edge.home.components.reading import MAX_STATE_CHARS, STATE, Reading, finite, free, number, one_of, reading
from edge.home.components.saying import Ask, Refuse, Rule, fits, is_in, plain, pressed
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction


def _number_readings(config: DeviceConfig) -> Iterator[Reading]:
    convert = number(STATE, plain, config.text("payload_reset"))
    yield from reading(config, "state_topic", ("value_template",), convert)


def _limits(config: DeviceConfig) -> tuple[float, float]:
    low, high = config.number("min"), config.number("max")
    return 1.0 if low is None else low, 100.0 if high is None else high


def _set_number(ask: Ask) -> Instruction:
    value = ask.args.get("value")
    if isinstance(value, str):
        try:
            ask = ask.with_args(value=finite(value))
        except ValueError as error:
            raise Refuse("act.bad_value") from error
    wanted = ask.numeric("value", *_limits(ask.config))
    message = ask.message("command_topic", wanted, "command_template")
    slack = (ask.config.number("step") or 1.0) / 2
    return Instruction((message,), (Goal(near={STATE: (wanted, slack)}),) if ask.shows("state_topic") else ())


def _number_facts(config: DeviceConfig) -> dict[str, object]:
    low, high = _limits(config)
    return {"min": low, "max": high, "step": config.number("step") or 1.0}


def _select_readings(config: DeviceConfig) -> Iterator[Reading]:
    yield from reading(config, "state_topic", ("value_template",), one_of(STATE, config.texts("options")))


def _select(ask: Ask) -> Instruction:
    option = ask.chosen("option", ask.config.texts("options"))
    message = ask.message("command_topic", option, "command_template")
    return Instruction((message,), (is_in(option),) if ask.shows("state_topic") else ())


def _text_readings(config: DeviceConfig) -> Iterator[Reading]:
    if config.text("mode") != "password":  # nobody is to read it out
        yield from reading(config, "state_topic", ("value_template",), free(STATE))


def _set_text(ask: Ask) -> Instruction:
    value = str(ask.args.get("value", ""))
    low, high = _limits(ask.config)
    if not low <= len(value) <= min(high, MAX_STATE_CHARS) or not fits(value, ask.config.text("pattern")):
        raise Refuse("act.bad_value")
    message = ask.message("command_topic", value, "command_template")
    told = ask.shows("state_topic") and ask.config.text("mode") != "password"
    return Instruction((message,), (is_in(value),) if told else ())


_VALUE = frozenset(("value",))

NUMBER = Component(
    keys={
        **keys.STATE,
        **keys.COMMANDED,
        **keys.numbers(min=1.0, max=100.0),
        **keys.keys(keys.text, "unit_of_measurement"),
        **keys.words(payload_reset="None"),
        "step": Key(keys.positive, 1.0),
    },
    readings=_number_readings,
    rules={Verb.SET_VALUE: Rule(_set_number, _VALUE)},
    reports=("state_topic",),
    facts=_number_facts,
)
SELECT = Component(
    keys={**keys.STATE, **keys.COMMANDED, "options": Key(keys.texts, required=True)},
    readings=_select_readings,
    rules={Verb.SELECT_OPTION: Rule(_select, frozenset(("option",)))},
    reports=("state_topic",),
    facts=lambda config: {"options": list(config.texts("options"))},
)
TEXT = Component(
    keys={
        **keys.STATE,
        **keys.COMMANDED,
        **keys.numbers(min=0.0, max=255.0),
        **keys.keys(keys.text, "pattern"),
        **keys.words(mode="text"),
    },
    readings=_text_readings,
    rules={Verb.SET_VALUE: Rule(_set_text, _VALUE)},
    reports=("state_topic",),
)
BUTTON = Component(
    keys={**keys.ANY, **keys.COMMANDED, **keys.words(payload_press="PRESS")},
    rules={Verb.PRESS: pressed("payload_press")},
)
SCENE = Component(
    keys={**keys.ANY, **keys.COMMANDED, **keys.words(payload_on="ON")},
    rules={Verb.ACTIVATE: pressed("payload_on"), Verb.TURN_ON: pressed("payload_on")},
)
