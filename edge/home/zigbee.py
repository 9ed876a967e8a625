"""What Zigbee2MQTT tells of rooms beside discovery: its groups, and folders in friendly names. Pure.

Source: https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html, `zigbee2mqtt/bridge/groups` and
`zigbee2mqtt/FRIENDLY_NAME`: a retained list of groups with their members, and names such as `kitchen/floor_light`.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from edge.home.discovery import DeviceConfig

MAX_BYTES = 1_000_000
"""A longer list of groups is not read: that of a hundred groups has 30 kB."""

_ADDRESS = re.compile(r"(?<![0-9a-z])0x[0-9a-f]{16}(?![0-9a-z])", re.IGNORECASE)
_NO_STATE = ("set", "get", "availability")

Groups = Mapping[str, tuple[str, ...]]
"""IEEE address of a device -> names of the groups that it is in."""


def groups_topic(base: str) -> str:
    """Where the bridge with this base topic lists its groups."""
    return f"{base}/bridge/groups"


def groups(payload: bytes) -> Groups:
    """Who is in which group; nothing where the payload is no such list."""
    if len(payload) > MAX_BYTES:
        return MappingProxyType({})
    try:
        listed = json.loads(payload)
    except (ValueError, RecursionError):
        return MappingProxyType({})
    found: dict[str, set[str]] = {}
    for group in listed if isinstance(listed, list) else ():
        name = group.get("friendly_name") if isinstance(group, dict) else None
        members = group.get("members") if isinstance(group, dict) else None
        if not isinstance(name, str) or not isinstance(members, list):
            continue
        for member in members:
            address = member.get("ieee_address") if isinstance(member, dict) else None
            if isinstance(address, str):
                found.setdefault(address.casefold(), set()).add(name)
    return MappingProxyType({address: tuple(sorted(names)) for address, names in found.items()})


def address(config: DeviceConfig) -> str | None:
    """The device's IEEE address, which Zigbee2MQTT puts into its discovery topic."""
    found = _ADDRESS.search(config.key)
    return found[0].casefold() if found else None


def friendly_name(config: DeviceConfig, base: str) -> str | None:
    """What Zigbee2MQTT calls the device or the group: its command topic is `<base>/<name>/set`."""
    topic = config.text("command_topic")
    if topic is None or not topic.startswith(f"{base}/"):
        return None
    return topic.removeprefix(f"{base}/").removesuffix("/set") or None


def folder(config: DeviceConfig, base: str) -> str | None:
    """First part of a friendly name such as `kitchen/ceiling`; None where it has one part or is another bridge's."""
    for key, value in sorted(config.options.items()):
        if not key.endswith("_topic") or not isinstance(value, str) or not value.startswith(f"{base}/"):
            continue
        parts = value.removeprefix(f"{base}/").split("/")
        if len(parts) > 1 and not any(part in _NO_STATE for part in parts[1:]):
            return parts[0]
    return None
