"""Colours: names to the values that lamps take, and back. Pure.

Conversions: HSV of Smith, "Color gamut transform pairs" (SIGGRAPH 1978), by `colorsys`; CIE 1931 xy of the wide gamut
as in the Philips Hue developer documentation, which Zigbee lamps follow.
"""

import colorsys
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

Rgb = tuple[int, int, int]
"""Red, green and blue, 0 to 255 each."""

NAMES: Mapping[str, Rgb] = MappingProxyType(
    {
        "white": (255, 255, 255),
        "red": (255, 0, 0),
        "orange": (255, 128, 0),
        "gold": (255, 215, 0),
        "yellow": (255, 255, 0),
        "lime": (191, 255, 0),
        "green": (0, 255, 0),
        "turquoise": (64, 224, 208),
        "cyan": (0, 255, 255),
        "blue": (0, 0, 255),
        "purple": (160, 32, 240),
        "violet": (143, 0, 255),
        "magenta": (255, 0, 255),
        "pink": (255, 105, 180),
        "brown": (165, 42, 42),
    }
)
"""Names that people use for lamps, after CSS where a lamp can show CSS's value (its green is a dark one)."""

_SYNONYMS = {"teal": "turquoise", "aqua": "cyan", "fuchsia": "magenta", "indigo": "violet", "warm white": "white"}
_SAME = 0.05
"""Largest distance of two colours that count as one; see `distance`."""


def named(name: str) -> Rgb | None:
    """The colour of this name, or None."""
    word = " ".join(name.casefold().split())
    return NAMES.get(_SYNONYMS.get(word, word))


def describe(rgb: Rgb) -> str | list[int]:
    """The name of a colour, or its red, green and blue where no name is near."""
    return _name_near(rgb) or list(rgb)


@lru_cache(maxsize=1024)  # lamps report the same colour again and again, and this compares it with all names
def _name_near(rgb: Rgb) -> str | None:
    near = min(NAMES, key=lambda name: distance(NAMES[name], rgb))
    return near if same(NAMES[near], rgb) else None


def same(one: Rgb, other: Rgb) -> bool:
    """Whether two colours are one to a lamp, which rounds and has a gamut of its own."""
    return distance(one, other) <= _SAME


def distance(one: Rgb, other: Rgb) -> float:
    """How far apart hue and saturation are on the colour wheel, 0 to 2; brightness is not a colour."""
    (h1, s1), (h2, s2) = to_hs(one), to_hs(other)
    turn = abs(h1 - h2) / 360
    around = 2 * min(turn, 1 - turn) * min(s1, s2) / 100
    return around + abs(s1 - s2) / 100 * 0.5


def to_hs(rgb: Rgb) -> tuple[float, float]:
    """Hue in degrees (0 to 360) and saturation in percent."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(channel / 255 for channel in rgb))
    return round(hue * 360, 2), round(saturation * 100, 2)


def from_hs(hue: float, saturation: float) -> Rgb:
    """The brightest colour of this hue (degrees) and saturation (percent)."""
    channels = colorsys.hsv_to_rgb(hue % 360 / 360, min(max(saturation, 0), 100) / 100, 1)
    return _rgb(*channels)


def to_rgbw(rgb: Rgb) -> tuple[int, int, int, int]:
    """Red, green, blue and white, with as much as can be shown by the white."""
    white = min(rgb)
    return rgb[0] - white, rgb[1] - white, rgb[2] - white, white


def from_rgbw(red: float, green: float, blue: float, *white: float) -> Rgb:
    """The colour of a lamp that adds its white (or a cold and a warm one) to the mix. Channels are 0 to 255."""
    if not all(0 <= channel <= 255 for channel in (red, green, blue, *white)):
        raise ValueError("a channel is 0 to 255")
    added = max(white, default=0.0)
    mixed = (red + added, green + added, blue + added)
    brightest = max(mixed)
    scale = max(red, green, blue, added) / brightest if brightest else 0.0
    return round(mixed[0] * scale), round(mixed[1] * scale), round(mixed[2] * scale)


def read(shown: object) -> Rgb | None:
    """The colour that an entity shows, by name or as red, green and blue; None for what is none."""
    if isinstance(shown, str):
        return named(shown)
    if isinstance(shown, list | tuple) and len(shown) == 3:
        return int(shown[0]), int(shown[1]), int(shown[2])
    return None


def to_xy(rgb: Rgb) -> tuple[float, float]:
    """CIE 1931 chromaticity."""
    red, green, blue = (_linear(channel / 255) for channel in rgb)
    x = red * 0.664511 + green * 0.154324 + blue * 0.162028
    y = red * 0.283881 + green * 0.668433 + blue * 0.047685
    z = red * 0.000088 + green * 0.072310 + blue * 0.986039
    total = x + y + z
    return (round(x / total, 4), round(y / total, 4)) if total else (0.0, 0.0)


def from_xy(x: float, y: float) -> Rgb:
    """The brightest colour of this chromaticity."""
    y = y or 1e-11
    big_x, big_z = x / y, (1 - x - y) / y
    channels = [
        big_x * 1.656492 - 0.354851 - big_z * 0.255038,
        -big_x * 0.707196 + 1.655397 + big_z * 0.036152,
        big_x * 0.051713 - 0.121364 + big_z * 1.011530,
    ]
    shown = [_gamma(max(channel, 0.0)) for channel in channels]
    brightest = max(shown) or 1.0
    return _rgb(*(channel / brightest for channel in shown))


def _linear(channel: float) -> float:
    return ((channel + 0.055) / 1.055) ** 2.4 if channel > 0.04045 else channel / 12.92


def _gamma(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _rgb(red: float, green: float, blue: float) -> Rgb:
    return round(red * 255), round(green * 255), round(blue * 255)
