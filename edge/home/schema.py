"""What each component of Home Assistant's MQTT discovery may say, with the types and defaults of its keys.

A key that is not listed is of no use to the hub and is passed over, whatever it holds.
"""

from collections.abc import Mapping
from types import MappingProxyType

from edge.home.components import keys
from edge.home.components.keys import Key
from edge.home.components.registry import COMPONENTS

SCHEMAS: Mapping[str, Mapping[str, Key]] = MappingProxyType({name: c.keys for name, c in COMPONENTS.items()})
"""By component, which is also the entity's domain."""

AVAILABILITY: Mapping[str, Key] = MappingProxyType(
    {
        "topic": Key(keys.topic, required=True),
        **keys.keys(keys.template, "value_template"),
        **keys.words(payload_available="online", payload_not_available="offline"),
    }
)
"""Keys of one entry of an availability list."""
