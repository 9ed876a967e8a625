"""What a device's messages say about it: payload -> state and attributes as `edge.core.home` words them. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from edge.home.components.reading import MAX_STATE_CHARS, NOTHING, STATE, Reading, Update
from edge.home.components.registry import COMPONENTS
from edge.home.config import DeviceConfig

__all__ = ("MAX_STATE_CHARS", "NOTHING", "STATE", "Reading", "Update", "facts", "readings", "reports_state", "shown")

_TEXTS = ("device_class", "unit_of_measurement", "entity_category", "temperature_unit", "code_format")
_NUMBERS = ("min_temp", "max_temp", "min_humidity", "max_humidity")


def readings(config: DeviceConfig) -> tuple[Reading, ...]:
    """Every way in which the device reports; none for a device that sends what is no text."""
    component = COMPONENTS.get(config.domain)
    if component is None or config.text("encoding") == "":
        return ()
    found = tuple(component.readings(config))
    if config.answers is None:
        return found
    return (*found, *(replace(reading, topic=config.answers) for reading in found))


def reports_state(config: DeviceConfig) -> bool:
    """Whether the device tells its state, so that a command can be confirmed."""
    component = COMPONENTS.get(config.domain)
    if component is None or config.flag("optimistic"):
        return False
    return any(config.text(key) for key in component.reports)


def facts(config: DeviceConfig) -> dict[str, object]:
    """Attributes that the description itself gives and that no message changes."""
    found: dict[str, object] = {key: value for key in _TEXTS if (value := config.text(key)) is not None}
    found |= {key: limit for key in _NUMBERS if (limit := config.number(key)) is not None}
    component = COMPONENTS.get(config.domain)
    if component is None:
        return found
    found |= component.facts(config)
    if component.rules and component.reports and not reports_state(config):
        found["assumed_state"] = True
    return found


def shown(
    config: DeviceConfig, values: Mapping[str, object], given: Mapping[str, object]
) -> tuple[str | None, dict[str, object]]:
    """State and attributes of an entity whose messages, taken together, gave these values.

    given: its `facts`, worked out once and not for every message.
    """
    attributes = {name: value for name, value in values.items() if name != STATE and value is not None}
    found = values.get(STATE)
    state = found if isinstance(found, str) else None
    component = COMPONENTS.get(config.domain)
    if component is not None:
        state, attributes = component.shown(config, state, attributes)
    return state, {**given, **attributes}
