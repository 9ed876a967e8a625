"""What no pooled rewrite may touch: what opens, arms or heats, what stops or calls for help, its own opposite. Pure.

The hub refuses such a pack as a whole and decides by its own devices besides; here it is not even made.
"""

import re

from edge.core.danger import some
from edge.core.text import words
from edge.upstream.risk import risky_words

_DOMAINS = some(
    "lock alarm_control_panel siren valve water_heater lawn_mower scene script automation button input_button camera "
    "person device_tracker"
)
_AGAINST = some("stop stops cancel no not dont never nothing help emergency fire police ambulance undo")
_OPPOSITES = tuple(
    (frozenset(one), frozenset(other))
    for one, other in (
        (("on",), ("off",)),
        (("open", "opens"), ("close", "closed", "shut")),
        (("up", "raise", "increase"), ("down", "lower", "decrease")),
        (("brighter", "brighten"), ("darker", "dim")),
        (("warmer", "louder"), ("cooler", "quieter")),
        (("mute",), ("unmute",)),
        (("start", "resume"), ("pause", "end")),
        (("upstairs",), ("downstairs",)),
    )
)
_SLOT = re.compile(r"(\w+)=([^ ;]+)")


def risky(text: str, reading: str = "") -> bool:
    """Whether the words or their reading are about what may do harm.

    >>> risky("unlock the front door"), risky("turn on it", "HassTurnOn domain=lock"), risky("turn on the hall light")
    (True, True, False)
    """
    if risky_words(words(text)):
        return True
    return any(
        value in _DOMAINS if name == "domain" else risky_words(words(value)) for name, value in _SLOT.findall(reading)
    )


def keeps_its_meaning(heard: str) -> bool:
    """Whether it stops or forbids something, or calls for help: then it can mean nothing else.

    >>> keeps_its_meaning("stop the music"), keeps_its_meaning("turn on the music")
    (True, False)
    """
    return not _AGAINST.isdisjoint(words(heard))


def opposite(heard: str, means: str) -> bool:
    """Whether one says what the other takes back.

    >>> opposite("turn on the lamp", "turn off the lamp"), opposite("turn of the lamp", "turn off the lamp")
    (True, False)
    """
    one, other = set(words(heard)), set(words(means))
    return any(
        (bool(one & a) and bool(other & b) and not one & b and not other & a)
        or (bool(one & b) and bool(other & a) and not one & a and not other & b)
        for a, b in _OPPOSITES
    )
