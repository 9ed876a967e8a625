"""Home Assistant's MQTT discovery: topic and payload -> what the mirror needs to know of a device. Pure.

Source: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery, both forms: one component a message
(`<prefix>/<component>/[<node_id>/]<object_id>/config`) and a device with all of its components
(`<prefix>/device/[<node_id>/]<object_id>/config`). Tasmota's own discovery is read beside it, by `edge.home.tasmota`.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from edge.core.errors import InputError
from edge.home import abbreviations, schema, tasmota
from edge.home.components import light
from edge.home.components.keys import Key
from edge.home.components.registry import COMPONENTS
from edge.home.config import Availability, DeviceConfig
from edge.home.template import Template

__all__ = ("Availability", "DeviceConfig", "Discovery", "DiscoveryError", "filters", "is_discovery", "parse", "slug")

MAX_BYTES = 65_536
"""Longer payloads are refused: the largest that real devices send is a tenth of this."""
MAX_NAME_CHARS = 120
"""Longer names are cut after a word: nobody says more, and every later layer works on names."""

_SHARED = ("availability", "availability_topic", "availability_mode", "availability_template", "payload_available",
           "payload_not_available", "device", "~", "state_topic", "command_topic", "qos", "encoding")  # fmt: skip
"""Keys that a device's components inherit from the device's message."""
_MODES = frozenset(("all", "any", "latest"))
_NAMED_BY_CLASS = frozenset(("sensor", "binary_sensor", "number", "button", "event", "update"))
"""Components that Home Assistant names after their device class when they have no name."""


class DiscoveryError(InputError):
    """A discovery message that cannot be used.

    Codes: `discovery.bad_topic`, `discovery.not_json`, `discovery.too_big`, `discovery.unknown_component`,
    `discovery.missing_key`, `discovery.wrong_type`; of the mirror `discovery.too_many`, `discovery.duplicate` and
    `state.too_big`. The message names the key, never its value.
    """

    topic: str | None = None
    """What it is about, where that is another topic than the message's."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one discovery message says."""

    topic: str
    configs: tuple[DeviceConfig, ...]
    """Empty when the message removes what the topic had announced."""
    errors: tuple[DiscoveryError, ...] = ()
    """Components of a device that cannot be used while the others can."""


def parse(topic: str, payload: bytes, *, prefix: str = "homeassistant") -> Discovery:
    """What a message on a discovery topic says.

    Raises DiscoveryError, and nothing else, when it cannot be used.
    """
    if (device_id := tasmota.mac(topic)) is not None:
        return _tasmota(topic, payload, device_id)
    component, object_id = _parts(topic, prefix)
    if not payload:
        return Discovery(topic, ())
    message = _long(_load(payload))
    if set(message) == {"migrate_discovery"}:
        return Discovery(topic, ())  # the same things are announced again elsewhere, at once
    if component == "device":
        return _device_form(topic, message, object_id)
    config = _component(topic, component, message, object_id)
    return Discovery(topic, (config,) if config else ())


def filters(prefix: str = "homeassistant") -> tuple[str, ...]:
    """Topic filters under which discovery messages arrive."""
    return (f"{prefix}/+/+/config", f"{prefix}/+/+/+/config", tasmota.FILTER)


def is_discovery(topic: str, prefix: str = "homeassistant") -> bool:
    """Whether a topic is one of discovery."""
    return topic.endswith("/config") and topic.startswith((f"{prefix}/", tasmota.PREFIX))


def slug(name: str) -> str:
    """The name as part of an id: lower case letters and digits of any script, `_` between, nothing for emoji.

    >>> slug("Anna’s Café-Lamp")
    'anna_s_cafe_lamp'
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", plain.casefold()).strip("_")


def _parts(topic: str, prefix: str) -> tuple[str, str]:
    parts = topic.removeprefix(f"{prefix}/").split("/")
    if not topic.startswith(f"{prefix}/") or not topic.endswith("/config") or len(parts) not in (3, 4):
        raise DiscoveryError("discovery.bad_topic", "this is no discovery topic")
    return parts[0], "_".join(parts[1:-1])


def _load(payload: bytes) -> dict[str, object]:
    if len(payload) > MAX_BYTES:
        raise DiscoveryError("discovery.too_big", f"a discovery message has at most {MAX_BYTES} bytes")
    try:
        message = json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise DiscoveryError("discovery.not_json", "this discovery message is not JSON") from error
    return _object(message, "the message")


def _device_form(topic: str, message: dict[str, object], object_id: str) -> Discovery:
    components = _object(message.get("components"), "components")
    shared = {key: message[key] for key in _SHARED if key in message}
    configs: list[DeviceConfig] = []
    errors: list[DiscoveryError] = []
    for name, own in components.items():
        try:
            config = _part(f"{topic}#{name}", own, shared, f"{object_id}_{name}")
        except DiscoveryError as error:
            errors.append(error)
        else:
            configs.extend((config,) if config else ())
    return Discovery(topic, tuple(configs), tuple(errors))


def _tasmota(topic: str, payload: bytes, device_id: str) -> Discovery:
    if not payload:
        return Discovery(topic, ())
    try:
        device = tasmota.translate(_load(payload), device_id)
    except ValueError as error:
        raise DiscoveryError("discovery.wrong_type", str(error)) from error
    found = _device_form(topic, device.message, device_id)
    return replace(found, configs=tuple(replace(config, answers=device.answers) for config in found.configs))


def _part(key: str, value: object, shared: dict[str, object], object_id: str) -> DeviceConfig | None:
    own = _long(_object(value, "a component"))
    platform = own.get("platform")
    if not isinstance(platform, str):
        raise DiscoveryError("discovery.missing_key", "a component needs `platform`")
    if set(own) == {"platform"}:
        return None  # this is how a device takes a component back
    return _component(key, platform, shared | own, object_id)


def _component(key: str, component: str, message: dict[str, object], object_id: str) -> DeviceConfig | None:
    keys = schema.SCHEMAS.get(component)
    if keys is None:
        raise DiscoveryError("discovery.unknown_component", "the hub has no use for this component")
    message = _with_base_topic(message)
    options = _read(message, keys)
    if component == "light" and options["schema"] not in light.SCHEMAS:
        raise DiscoveryError("discovery.unknown_component", "the hub has no use for this light schema")
    if gap := COMPONENTS[component].missing(options):
        raise DiscoveryError("discovery.missing_key", f"`{gap}` is missing")
    if not options["enabled_by_default"]:
        return None  # Home Assistant hides it until somebody asks for it, and nobody can ask here
    device = message.get("device")
    about = _object(device, "device") if device is not None else {}
    name = _name(message, about, component, object_id)
    return DeviceConfig(
        key=key,
        domain=component,
        name=name,
        object_id=_object_id(message, component, name, object_id),
        area=_cut(_label(about.get("suggested_area"), "suggested_area")) or None,
        availability=_availability(message),
        availability_mode=_mode(message.get("availability_mode", "latest")),
        options=MappingProxyType(options),
        unique_id=_label(message.get("unique_id"), "unique_id") or None,
    )


def _long(message: dict[str, object]) -> dict[str, object]:
    """The message with long keys only, in `device` and the availability list too."""
    found = {abbreviations.ENTITY.get(key, key): value for key, value in message.items()}
    for about, known in (("device", abbreviations.DEVICE), ("origin", abbreviations.ORIGIN)):
        described = found.get(about)
        if isinstance(described, dict):
            found[about] = {known.get(key, key): value for key, value in described.items()}
    availability = found.get("availability")
    if isinstance(availability, dict):
        availability = [availability]
    if isinstance(availability, list):
        found["availability"] = [_long_entry(entry) for entry in availability]
    return found


def _long_entry(entry: object) -> dict[str, object]:
    return {abbreviations.ENTITY.get(key, key): value for key, value in _object(entry, "availability").items()}


def _with_base_topic(message: dict[str, object]) -> dict[str, object]:
    base = message.get("~")
    if base is None:
        return message
    if not isinstance(base, str):
        raise _wrong("~", "text")

    def whole(key: str, value: object) -> object:
        if not (isinstance(value, str) and key.endswith("topic")):
            return value
        value = base + value[1:] if value.startswith("~") else value
        return value[:-1] + base if value.endswith("~") else value

    found = {key: whole(key, value) for key, value in message.items()}
    availability = found.get("availability")
    if isinstance(availability, list):
        found["availability"] = [{key: whole(key, value) for key, value in entry.items()} for entry in availability]
    return found


def _read(message: Mapping[str, object], keys: Mapping[str, Key]) -> dict[str, object]:
    """The keys that are given or have a default; a hundred others that are not would cost kilobytes an entity."""
    found: dict[str, object] = {}
    for name, key in keys.items():
        value = message.get(name)
        if value is None:
            if key.required:
                raise DiscoveryError("discovery.missing_key", f"`{name}` is missing")
            # JSON's null takes a default away (a cover that cannot stop says `"payload_stop": null`).
            if key.default is not None and not (name in message and name.startswith("payload_")):
                found[name] = key.default
            continue
        try:
            found[name] = key.read(value)
        except ValueError as error:
            raise _wrong(name, str(error)) from error
    return found


def _availability(message: Mapping[str, object]) -> tuple[Availability, ...]:
    listed = message.get("availability")
    if listed is None and message.get("availability_topic") is not None:
        entry = {"topic": message["availability_topic"], "value_template": message.get("availability_template")}
        listed = [entry | {k: message[k] for k in ("payload_available", "payload_not_available") if k in message}]
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise _wrong("availability", "a list")
    found = []
    for entry in listed:
        options = _read(entry, schema.AVAILABILITY)
        template = options.get("value_template")
        found.append(
            Availability(
                topic=str(options["topic"]),
                template=template if isinstance(template, Template) else None,
                online=str(options.get("payload_available")),
                offline=str(options.get("payload_not_available")),
            )
        )
    return tuple(found)


def _mode(mode: object) -> str:
    if not isinstance(mode, str) or mode not in _MODES:
        raise _wrong("availability_mode", "all, any or latest")
    return mode


def _name(message: Mapping[str, object], about: Mapping[str, object], component: str, object_id: str) -> str:
    """Friendly name: the device's, then the entity's own without repeating the device's.

    https://developers.home-assistant.io/docs/core/entity/#entity-naming
    """
    device = _label(about.get("name"), "device.name")
    own = _label(message.get("name"), "name")
    device_class = message.get("device_class")
    if "name" not in message and component in _NAMED_BY_CLASS and isinstance(device_class, str):
        own = _label(device_class.replace("_", " "), "device_class").capitalize()
    if device and own:
        # zwave-js-ui writes "Kitchen-Kettle_switch" for the switch of Kitchen-Kettle.
        words, prefix = slug(own).split("_"), slug(device).split("_")
        own = own if words[: len(prefix)] == prefix else f"{device} {own}"
    return _cut(own or device or _label(object_id.replace("_", " "), "object_id").strip().capitalize() or component)


def _object_id(message: Mapping[str, object], component: str, name: str, object_id: str) -> str:
    wanted = _label(message.get("default_entity_id"), "default_entity_id").removeprefix(f"{component}.")
    given = _label(message.get("object_id"), "object_id")
    return next((s[:MAX_NAME_CHARS] for s in map(slug, (wanted, given, name, object_id)) if s), component)


def _label(value: object, key: str) -> str:
    """A text that people read, on one line and without what cannot be written; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _wrong(key, "text")
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in str(value)).split())


def _cut(name: str) -> str:
    if len(name) <= MAX_NAME_CHARS:
        return name
    return name[: MAX_NAME_CHARS + 1].rpartition(" ")[0] or name[:MAX_NAME_CHARS]


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _wrong(what, "an object")
    return value


def _wrong(key: str, wanted: str) -> DiscoveryError:
    return DiscoveryError("discovery.wrong_type", f"`{key}` must be {wanted}")
