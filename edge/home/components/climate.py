"""Thermostats, humidifiers and water heaters.

https://www.home-assistant.io/integrations/climate.mqtt/, humidifier.mqtt/ and water_heater.mqtt/.
"""

from collections.abc import Iterator

from edge.core.turn import Verb
from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.heating import (
    Limits,
    listed,
    set_humidity,
    set_mode,
    set_temperature,
    turn_off,
    turn_on,
)
from edge.home.components.keys import Key
from edge.home.components.reading import NOTHING, STATE, Reading, free, number, on_off, one_of, reading, word
from edge.home.components.saying import Rule, choice, switched
from edge.home.config import DeviceConfig

_ROOM: Limits = ((7.0, 35.0), (44.6, 95.0))
_BOILER: Limits = ((43.3, 60.0), (110.0, 140.0))
"""Home Assistant's limits of a thermostat and of a water heater that give none."""
_ON_MODES = ("heat_cool", "auto", "heat", "cool")
"""What turning a thermostat on means, best first."""
_BOILER_ON = ("eco", "performance", "electric", "gas", "heat_pump", "high_demand")
_HVAC = ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only")
_ACTIONS = ("off", "heating", "cooling", "drying", "idle", "fan", "preheating", "defrosting", "humidifying")
_TARGETS = {"temperature": "temperature", "temperature_low": "target_temp_low", "temperature_high": "target_temp_high"}


def _targets(config: DeviceConfig, *channels: str) -> Iterator[Reading]:
    for channel in channels:
        templates = (f"{channel}_state_template", "value_template")
        yield from reading(config, f"{channel}_state_topic", templates, number(_TARGETS[channel]))


def _currents(config: DeviceConfig, *names: str) -> Iterator[Reading]:
    for name in names:
        templates = (f"current_{name}_template", "value_template")
        yield from reading(config, f"current_{name}_topic", templates, number(f"current_{name}"))


def _climate_readings(config: DeviceConfig) -> Iterator[Reading]:
    modes = tuple(dict.fromkeys((*config.texts("modes"), *_HVAC)))
    presets = (*config.texts("preset_modes"), "none")
    for channel, template, convert in (
        ("mode", "mode_state_template", one_of(STATE, modes, NOTHING)),
        ("fan_mode", "fan_mode_state_template", free("fan_mode")),
        ("swing_mode", "swing_mode_state_template", free("swing_mode")),
        ("preset_mode", "preset_mode_value_template", one_of("preset_mode", presets, NOTHING)),
        ("target_humidity", "target_humidity_state_template", number("humidity")),
    ):
        yield from reading(config, f"{channel}_state_topic", (template, "value_template"), convert)
    yield from reading(config, "action_topic", ("action_template", "value_template"), one_of("action", _ACTIONS))
    yield from _targets(config, *_TARGETS)
    yield from _currents(config, "temperature", "humidity")


def _humidifier_readings(config: DeviceConfig) -> Iterator[Reading]:
    templates = ("state_value_template", "value_template")
    yield from reading(config, "state_topic", templates, word(STATE, on_off(config)))
    humidity = number("humidity", reset=config.text("payload_reset_humidity"))
    mode = one_of("mode", config.texts("modes"), config.text("payload_reset_mode"), NOTHING)
    yield from reading(config, "target_humidity_state_topic", ("target_humidity_state_template",), humidity)
    yield from reading(config, "mode_state_topic", ("mode_state_template",), mode)
    yield from reading(config, "action_topic", ("action_template",), one_of("action", _ACTIONS))
    yield from _currents(config, "humidity")


def _water_heater_readings(config: DeviceConfig) -> Iterator[Reading]:
    modes = tuple(dict.fromkeys((*config.texts("modes"), "off")))
    templates = ("mode_state_template", "value_template")
    yield from reading(config, "mode_state_topic", templates, one_of(STATE, modes, NOTHING))
    yield from _targets(config, "temperature")
    yield from _currents(config, "temperature")


def _climate_facts(config: DeviceConfig) -> dict[str, object]:
    able = [name for name in ("fan_mode", "swing_mode", "preset_mode") if config.text(f"{name}_command_topic")]
    modes = ["modes"] if config.text("mode_command_topic") or config.text("mode_state_topic") else []
    return listed(*modes, *(f"{name}s" for name in able))(config)


_HUMIDITY = {
    **keys.channels("target_humidity"),
    **keys.keys(keys.topic, "current_humidity_topic", "action_topic"),
    **keys.keys(keys.template, "current_humidity_template", "action_template"),
    **keys.keys(keys.number, "min_humidity", "max_humidity"),
}
_HEAT = {
    **keys.ANY,
    **keys.SENT,
    **keys.ON_OFF,
    **keys.channels("mode", "temperature"),
    **keys.keys(keys.topic, "power_command_topic", "current_temperature_topic"),
    **keys.keys(keys.template, "power_command_template", "current_temperature_template"),
    **keys.keys(keys.number, "min_temp", "max_temp"),
    **keys.keys(keys.text, "temperature_unit"),
    "temp_step": Key(keys.positive, 1.0),
}

CLIMATE = Component(
    keys={
        **_HEAT,
        **_HUMIDITY,
        **keys.channels("temperature_low", "temperature_high", "fan_mode", "swing_mode"),
        **keys.channels("preset_mode", value="value_template"),
        "modes": Key(keys.texts, ("auto", "off", "cool", "heat", "dry", "fan_only")),
        "fan_modes": Key(keys.texts, ("auto", "low", "medium", "high")),
        "swing_modes": Key(keys.texts, ("on", "off")),
        "preset_modes": Key(keys.texts, ()),
    },
    readings=_climate_readings,
    rules={
        Verb.TURN_ON: turn_on(_ON_MODES),
        Verb.TURN_OFF: Rule(turn_off),
        Verb.SET_MODE: set_mode(),
        Verb.SET_TEMPERATURE: set_temperature(_ROOM, ranged=True),
        Verb.SET_HUMIDITY: set_humidity((30.0, 99.0)),
        Verb.SET_FAN_MODE: choice("fan_mode", "fan_modes", "fan_mode"),
        Verb.SET_SWING_MODE: choice("swing_mode", "swing_modes", "swing_mode"),
        Verb.SET_PRESET: choice("preset_mode", "preset_modes", "preset_mode", also=("none",)),
    },
    reports=("mode_state_topic",),
    facts=_climate_facts,
)
HUMIDIFIER = Component(
    keys={
        **keys.STATE,
        **keys.COMMANDED,
        **keys.ON_OFF,
        **_HUMIDITY,
        **keys.channels("mode"),
        **keys.keys(keys.template, "state_value_template"),
        **keys.words(payload_reset_humidity="None", payload_reset_mode="None"),
        "modes": Key(keys.texts, ()),
    },
    readings=_humidifier_readings,
    rules={
        Verb.TURN_ON: switched("payload_on", "on"),
        Verb.TURN_OFF: switched("payload_off", "off"),
        Verb.SET_HUMIDITY: set_humidity((0.0, 100.0)),
        Verb.SET_MODE: choice("mode", "modes", "mode"),
    },
    reports=("state_topic",),
    facts=listed("modes"),
)
WATER_HEATER = Component(
    keys={
        **_HEAT,
        "modes": Key(keys.texts, ("off", "eco", "electric", "gas", "heat_pump", "high_demand", "performance")),
    },
    readings=_water_heater_readings,
    rules={
        Verb.TURN_ON: turn_on(_BOILER_ON),
        Verb.TURN_OFF: Rule(turn_off),
        Verb.SET_MODE: set_mode(),
        Verb.SET_TEMPERATURE: set_temperature(_BOILER),
    },
    reports=("mode_state_topic",),
    facts=listed("modes"),
)
