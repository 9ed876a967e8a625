"""What only reports: sensors, binary sensors, events and device trackers.

https://www.home-assistant.io/integrations/sensor.mqtt/, binary_sensor.mqtt/, event.mqtt/ and device_tracker.mqtt/.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.home.components import keys
from edge.home.components.component import Component
from edge.home.components.heating import listed
from edge.home.components.keys import Key
from edge.home.components.reading import (
    MAX_STATE_CHARS,
    NOTHING,
    STATE,
    Reading,
    Update,
    free,
    json_reading,
    one_of,
    reading,
)
from edge.home.components.switch import switch_readings
from edge.home.config import DeviceConfig


def _sensor_readings(config: DeviceConfig) -> Iterator[Reading]:
    options = config.texts("options")
    convert = one_of(STATE, options, NOTHING) if options else free(STATE)
    yield from reading(config, "state_topic", ("value_template",), convert)


def _event_readings(config: DeviceConfig) -> Iterator[Reading]:
    types = config.texts("event_types")

    def read(said: Mapping[str, Any]) -> Update:
        kind = said.get("event_type")
        return {STATE: kind} if kind in types else {}

    yield from json_reading(config, "state_topic", ("value_template",), read)


def _tracker_readings(config: DeviceConfig) -> Iterator[Reading]:
    words = {
        config.text("payload_home"): "home",
        config.text("payload_not_home"): "not_home",
        config.text("payload_reset"): None,
        NOTHING: None,
    }

    def place(text: str) -> Update:
        return {STATE: words[text] if text in words else text[:MAX_STATE_CHARS]}

    yield from reading(config, "state_topic", ("value_template",), place)


_EXPIRES = keys.keys(keys.seconds, "expire_after")

SENSOR = Component(
    keys={
        **keys.READ_ONLY,
        **_EXPIRES,
        **keys.keys(keys.text, "unit_of_measurement"),
        "options": Key(keys.texts, ()),
    },
    readings=_sensor_readings,
    facts=listed("options"),
)
BINARY_SENSOR = Component(
    keys={**keys.READ_ONLY, **keys.ON_OFF, **_EXPIRES, **keys.keys(keys.seconds, "off_delay")},
    readings=switch_readings,
)
EVENT = Component(
    keys={**keys.READ_ONLY, "event_types": Key(keys.texts, required=True)},
    readings=_event_readings,
    facts=listed("event_types"),
)
DEVICE_TRACKER = Component(
    keys={
        **keys.STATE,
        **keys.words(payload_home="home", payload_not_home="not_home", payload_reset="None"),
        **keys.keys(keys.text, "source_type"),
    },
    readings=_tracker_readings,
)
