"""What a request was taken for, as it may be told: listed intents and slots, values in published words. Pure."""

import re
from collections.abc import Iterable

from edge.core.turn import Interpretation, Part, Slot
from edge.upstream.names import Names, Words
from edge.upstream.vocabulary import MARKS, OTHER, Vocabulary, bucket, some
from edge.upstream.wording import told

INTENTS = frozenset(
    some(
        "HassClimateGetTemperature HassClimateSetFanMode HassClimateSetTemperature HassFanSetSpeed "
        "HassGetCurrentDate HassGetCurrentTime HassGetState HassGetWeather HassLawnMowerDock "
        "HassLawnMowerStartMowing HassLightSet HassMediaNext HassMediaPause HassMediaPlayerMute "
        "HassMediaPlayerUnmute HassMediaPrevious HassMediaUnpause HassSetPosition HassSetVolume "
        "HassSetVolumeRelative HassStopMoving HassToggle HassTurnOff HassTurnOn HassVacuumCleanArea "
        "HassVacuumReturnToBase HassVacuumStart EdgeAsk EdgeDo EdgeGetSetting EdgeLocate EdgeNeed EdgeOscillate "
        "EdgeSetDirection EdgeSetMode EdgeSetTilt EdgeSetValue"
    )
)
"""What homes are asked for, one like the other. Not among them: messages, lists, searches and timers, which hold what
people write down; what is taught, and what is said about the turn before; a household's own."""
SLOTS = frozenset(
    some(
        "name area floor domain device_class state brightness brightness_step color temperature color_temperature "
        "position tilt percentage percentage_step fan_speed fan_mode speed volume_level volume_step humidity "
        "hvac_mode mode verb attribute direction unit conditions need"
    )
)
MAX_PARTS = 4
"""Requests of one sentence that are told."""
MAX_READING = 240
"""Characters of a reading."""

_SLOT = re.compile(r"([a-z_]+)=(\S+)")


def listed(interpretation: Interpretation) -> bool:
    """Whether all that it asks for is among the published intents."""
    return all(one in INTENTS for one in (interpretation.intent, *(part.intent for part in interpretation.also)))


def reading_of(interpretation: Interpretation, names: Names, vocabulary: Vocabulary, *, heard: Words = ()) -> str:
    """Intents and slots in one order; empty where an intent is none of the published ones.

    Slots that are not published are left out, and so is what would make it too long.
    heard: what is told of what was heard, of which a value may be a part.
    """
    if not listed(interpretation):
        return ""
    parts = (Part(interpretation.intent, interpretation.slots), *interpretation.also)[:MAX_PARTS]
    made = [" ".join((part.intent, *sorted(_slots(part.slots, names, vocabulary, heard)))) for part in parts]
    while len("; ".join(made)) > MAX_READING:
        made.pop()
    return "; ".join(made)


def _slots(slots: Iterable[Slot], names: Names, vocabulary: Vocabulary, heard: Words) -> Iterable[str]:
    # A room that nobody said is the microphone's: "turn on the lights" means another one in another home.
    said = (slot for slot in slots if slot.name in SLOTS and not (slot.name == "area" and not slot.text))
    return {f"{slot.name}={_value(slot, names, vocabulary, heard)}" for slot in said}


def _value(slot: Slot, names: Names, vocabulary: Vocabulary, heard: Words) -> str:
    value = slot.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return bucket(float(value))
    words = told(value.replace("_", " "), names, vocabulary, like=[heard])[:6]
    return "_".join(words) or OTHER


def is_reading(text: str, vocabulary: Vocabulary) -> bool:
    """Whether it is one that `reading_of` may have made, empty ones too."""
    if not text:
        return True
    parts = text.split("; ")
    return len(text) <= MAX_READING and len(parts) <= MAX_PARTS and all(_is_part(one, vocabulary) for one in parts)


def _is_part(text: str, vocabulary: Vocabulary) -> bool:
    intent, *slots = text.split(" ")
    if intent not in INTENTS or slots != sorted(set(slots)):
        return False
    found = [_SLOT.fullmatch(slot) for slot in slots]
    return all(one is not None and one[1] in SLOTS and _is_value(one[2], vocabulary) for one in found)


def _is_value(value: str, vocabulary: Vocabulary) -> bool:
    """Words and marks with `_` between them, which is in some marks, too."""
    words: list[str] = re.findall(r"<[^<>]*>|[^<>_]+|_", value)
    joined = words[1::2]
    return (
        "".join(words) == value
        and len(words) % 2 == 1
        and all(one == "_" for one in joined)
        and all(word in MARKS or word in vocabulary or word in ("true", "false") for word in words[0::2])
    )
