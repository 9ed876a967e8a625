"""Lamps with a topic for each thing they can do: https://www.home-assistant.io/integrations/light.mqtt/#default-schema."""

from collections.abc import Callable, Iterator

from edge.home import color
from edge.home.components.light_common import Wanted, clean_rgb, color_modes, device_kelvin, kelvin
from edge.home.components.reading import (
    STATE,
    Convert,
    Reading,
    Update,
    finite,
    free,
    number,
    on_off,
    percent,
    reading,
    word,
)
from edge.home.components.saying import Ask, Refuse, plain
from edge.home.config import DeviceConfig
from edge.home.instruction import Message

CHANNELS = ("hs", "rgb", "rgbw", "rgbww", "xy", "color_temp", "brightness", "effect")
"""What may have topics and templates of its own."""


def readings(config: DeviceConfig) -> Iterator[Reading]:
    """Every way in which the lamp reports."""
    templates = ("state_value_template", "value_template")
    yield from reading(config, "state_topic", templates, word(STATE, on_off(config)))
    scale = config.number("brightness_scale") or 255.0
    dims = config.text("brightness_state_topic") is not None
    for channel, convert in (
        ("brightness", number("brightness", lambda value: percent(value, scale))),
        ("hs", _channels(lambda hs: color.from_hs(*hs), 2)),
        ("rgb", _channels(lambda rgb: clean_rgb(*rgb), 3, dims=dims)),
        ("rgbw", _channels(lambda rgbw: color.from_rgbw(*rgbw), 4, dims=dims)),
        ("rgbww", _channels(lambda rgbww: color.from_rgbw(*rgbww), 5, dims=dims)),
        ("xy", _channels(lambda xy: color.from_xy(*xy), 2)),
        ("color_temp", number("color_temperature", lambda value: kelvin(config, value))),
        ("effect", free("effect")),
    ):
        yield from reading(config, f"{channel}_state_topic", (f"{channel}_value_template",), convert)
    yield from reading(config, "color_mode_state_topic", ("color_mode_value_template",), _color_mode)


def say(ask: Ask, wanted: Wanted) -> tuple[Message, ...]:
    """The messages that turn the lamp on as wanted."""
    config, kind = ask.config, ask.config.text("on_command_type")
    scale = config.number("brightness_scale") or 255.0
    dims = config.text("brightness_command_topic") is not None
    lit = ask.attribute("brightness")
    level, rgb = wanted.level, wanted.rgb
    if kind == "brightness" and level is None and dims:
        # Here the brightness is the command to be on; what shines already stays as bright as it is.
        level = scale if lit is None else max(1.0, float(round(lit * scale / 100)))
    share = 1.0 if dims else (wanted.percent if wanted.percent is not None else lit or 100.0) / 100
    if level is not None and not dims and rgb is None:
        rgb = _shown(ask)  # these lamps are dimmed by their colour
        level = None
    details: list[Message] = []
    if wanted.white:
        white = config.number("white_scale") or 255.0
        percents = wanted.percent if wanted.percent is not None else lit or 100.0
        details.append(ask.message("white_command_topic", max(1, round(percents * white / 100))))
        level = None if wanted.level is not None else level
    elif rgb:
        details.append(_color(ask, rgb, share))
        level = level if dims else None
    if wanted.kelvin:
        value = device_kelvin(config, wanted.kelvin)
        details.append(ask.message("color_temp_command_topic", value, "color_temp_command_template"))
    if wanted.effect is not None:
        details.append(ask.message("effect_command_topic", wanted.effect, "effect_command_template"))
    if level is not None:
        details.append(ask.message("brightness_command_topic", level, "brightness_command_template"))
    if kind == "brightness" and details:
        return tuple(details)
    on = ask.message("command_topic", config.text("payload_on"))
    return (on, *details) if kind == "first" else (*details, on)


def _shown(ask: Ask) -> color.Rgb:
    if not any(ask.config.text(f"{mode}_command_topic") for mode in ("rgb", "rgbw", "rgbww")):
        raise Refuse("act.unsupported")
    shown = ask.entity.attributes.get("color") if ask.entity else None
    return color.read(shown) or (255, 255, 255)


def _color(ask: Ask, rgb: color.Rgb, share: float) -> Message:
    dimmed = tuple(round(channel * share) for channel in rgb)
    white = tuple(round(channel * share) for channel in color.to_rgbw(rgb))
    hue, saturation = color.to_hs(rgb)
    x, y = color.to_xy(rgb)
    names = ("red", "green", "blue", "white", "cold_white", "warm_white")
    ways: tuple[tuple[str, tuple[float, ...], tuple[str, ...]], ...] = (
        ("rgb", dimmed, names[:3]),
        ("rgbw", white, names[:4]),
        ("rgbww", (*dimmed, 0, 0), (*names[:3], *names[4:])),
        ("hs", (hue, saturation), ("hue", "sat")),
        ("xy", (x, y), ("x", "y")),
    )
    able = color_modes(ask.config)
    for channel, values, keys in ways:
        if channel in able and ask.config.text(f"{channel}_command_topic"):
            text = ",".join(plain(value) for value in values)
            variables = dict(zip(keys, values, strict=True))
            return ask.message(f"{channel}_command_topic", text, f"{channel}_command_template", **variables)
    raise Refuse("act.unsupported")


def _channels(convert: Callable[[list[float]], color.Rgb], count: int, *, dims: bool = True) -> Convert:
    def read(text: str) -> Update:
        numbers = [finite(part) for part in text.split(",")]
        if len(numbers) != count:
            raise ValueError("wrong number of channels")
        update: dict[str, object] = {"color": color.describe(convert(numbers))}
        if not dims:
            update["brightness"] = percent(max(numbers), 255)
        return update

    return read


def _color_mode(mode: str) -> Update:
    return {"color": None} if mode in ("color_temp", "white", "brightness", "onoff") else {"color_temperature": None}
