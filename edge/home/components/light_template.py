"""Lamps that speak through templates: https://www.home-assistant.io/integrations/light.mqtt/#template-schema."""

from collections.abc import Iterator

from edge.home import color
from edge.home.components.light_common import Wanted, clean_rgb, device_kelvin, kelvin
from edge.home.components.reading import (
    NOTHING,
    STATE,
    Reading,
    Update,
    finite,
    free,
    number,
    percent,
    reading,
    taken,
    word,
)
from edge.home.components.saying import Ask, Refuse
from edge.home.config import DeviceConfig
from edge.home.instruction import Message
from edge.home.template import Payload

_MIX = ("red_template", "green_template", "blue_template")


def readings(config: DeviceConfig) -> Iterator[Reading]:
    """Every template reads the one topic on which the lamp reports."""
    topic = config.text("state_topic")
    if topic is None:
        return
    scale = config.number("brightness_scale") or 255.0
    for template, convert in (
        ("state_template", word(STATE, {"on": "on", "off": "off"})),
        ("brightness_template", number("brightness", lambda value: percent(value, scale))),
        ("color_temp_template", number("color_temperature", lambda value: kelvin(config, value))),
        ("effect_template", free("effect")),
    ):
        if config.template(template):
            yield from reading(config, "state_topic", (template,), convert, key=template)
    if all(config.template(key) for key in _MIX):
        takes = [taken(config, (key,)) for key in _MIX]

        def mixed(payload: Payload) -> Update:
            channels = [take(payload) for take in takes]
            if NOTHING in channels:
                return {"color": None}
            try:
                red, green, blue = (finite(channel) for channel in channels)
                return {"color": color.describe(clean_rgb(red, green, blue))}
            except (ValueError, TypeError, OverflowError):
                return {}

        yield Reading(topic, mixed, "red_template")


def say(ask: Ask, wanted: Wanted) -> tuple[Message, ...]:
    """The message that turns the lamp on as wanted; variables that are not wanted are not there."""
    config = ask.config
    variables: dict[str, object] = {"state": "on"}
    if wanted.level is not None:
        variables["brightness"] = round(wanted.level)
    if wanted.kelvin:
        variables["color_temp"] = device_kelvin(config, wanted.kelvin)
    if wanted.rgb:
        lit = wanted.percent if wanted.percent is not None else ask.attribute("brightness") or 100.0
        share = 1.0 if config.template("brightness_template") else lit / 100
        hue, saturation = color.to_hs(wanted.rgb)
        variables |= dict(zip(("red", "green", "blue"), (round(c * share) for c in wanted.rgb), strict=True))
        variables |= {"hue": hue, "sat": saturation}
    if wanted.effect is not None:
        variables["effect"] = wanted.effect
    return (_rendered(ask, "command_on_template", variables),)


def off(ask: Ask) -> tuple[Message, ...]:
    """The message that turns the lamp off."""
    return (_rendered(ask, "command_off_template", {"state": "off"}),)


def _rendered(ask: Ask, template_key: str, variables: dict[str, object]) -> Message:
    if ask.config.template(template_key) is None:
        raise Refuse("act.unsupported")
    return ask.message("command_topic", variables["state"], template_key, **variables)
