"""What thermostats and water heaters share: modes, power, target temperatures."""

from collections.abc import Callable

from edge.home.components.saying import Ask, Refuse, Rule, is_in
from edge.home.config import DeviceConfig
from edge.home.instruction import Goal, Instruction, Message

Limits = tuple[tuple[float, float], tuple[float, float]]
"""Lowest and highest target of a device that gives none: in Celsius, in Fahrenheit."""


def mode(ask: Ask, wanted: str | None) -> Instruction:
    """Sets the mode."""
    message = ask.message("mode_command_topic", wanted, "mode_command_template")
    return Instruction((message,), (is_in(str(wanted)),) if ask.shows("mode_state_topic") else ())


def set_mode() -> Rule:
    """Sets one of the device's modes."""
    return Rule(lambda ask: mode(ask, ask.chosen("mode", ask.config.texts("modes"))), frozenset(("mode",)))


def turn_on(best: tuple[str, ...]) -> Rule:
    """Turns it on, in the mode that it is in, else the first of `best` that it has."""

    def say(ask: Ask) -> Instruction:
        modes = [one for one in ask.config.texts("modes") if one != "off"]
        if ask.config.text("power_command_topic"):
            message = ask.message("power_command_topic", ask.config.text("payload_on"), "power_command_template")
        else:
            wanted = next((one for one in best if one in modes), modes[0] if modes else None)
            if ask.entity is not None and ask.entity.state in modes:
                wanted = ask.entity.state
            message = ask.message("mode_command_topic", wanted, "mode_command_template")
        told = modes and ask.shows("mode_state_topic")
        return Instruction((message,), (is_in(*modes),) if told else ())

    return Rule(say)


def turn_off(ask: Ask) -> Instruction:
    """Turns it off, by its power switch or by its mode."""
    if ask.config.text("power_command_topic"):
        message = ask.message("power_command_topic", ask.config.text("payload_off"), "power_command_template")
        return Instruction((message,), (is_in("off"),) if ask.shows("mode_state_topic") else ())
    if "off" not in ask.config.texts("modes"):
        raise Refuse("act.unsupported")
    return mode(ask, "off")


def set_temperature(limits: Limits, *, ranged: bool = False) -> Rule:
    """Sets the target, or with `ranged` also the lower and upper one between which it keeps the room."""
    channels = {"temperature": "temperature"}
    if ranged:
        channels |= {"target_temp_low": "temperature_low", "target_temp_high": "temperature_high"}

    def say(ask: Ask) -> Instruction:
        messages: list[Message] = []
        near: dict[str, tuple[float, float]] = {}
        low, high = temperatures(ask.config, limits)
        slack = (ask.config.number("temp_step") or 1.0) / 2
        for arg, channel in channels.items():
            if arg not in ask.args:
                continue
            wanted = ask.numeric(arg, low, high)
            messages.append(ask.message(f"{channel}_command_topic", wanted, f"{channel}_command_template"))
            if ask.shows(f"{channel}_state_topic"):
                near[arg] = (wanted, slack)
        bottom, top = ask.args.get("target_temp_low"), ask.args.get("target_temp_high")
        if not messages or (isinstance(bottom, int | float) and isinstance(top, int | float) and bottom > top):
            raise Refuse("act.bad_value")
        return Instruction(tuple(messages), (Goal(near=near),) if near else ())

    return Rule(say, frozenset(channels))


def temperatures(config: DeviceConfig, limits: Limits) -> tuple[float, float]:
    """Lowest and highest target, in the device's own unit."""
    default = limits[config.text("temperature_unit") == "F"]
    low, high = config.number("min_temp"), config.number("max_temp")
    return default[0] if low is None else low, default[1] if high is None else high


def set_humidity(default: tuple[float, float]) -> Rule:
    """Sets the target humidity in percent; `default` are the limits of a device that gives none."""

    def say(ask: Ask) -> Instruction:
        low, high = ask.config.number("min_humidity"), ask.config.number("max_humidity")
        wanted = ask.numeric("humidity", default[0] if low is None else low, default[1] if high is None else high)
        message = ask.message("target_humidity_command_topic", wanted, "target_humidity_command_template")
        told = ask.shows("target_humidity_state_topic")
        return Instruction((message,), (Goal(near={"humidity": (wanted, 1.0)}),) if told else ())

    return Rule(say, frozenset(("humidity",)))


def listed(*names: str) -> Callable[[DeviceConfig], dict[str, object]]:
    """Facts of the lists that the device gives."""
    return lambda config: {name: list(config.texts(name)) for name in names if config.texts(name)}
