"""What a device may have the hub publish to: its own topics, and neither the hub's nor those of what is better guarded.

Devices say themselves where they want to be told what to do, and whoever may announce a device may write anything
there: the topic of the front door's lock for a lamp, so that "turn on the lamp" unlocks the door past the yes that it
asks for; or a topic of the hub's own, by which it would be told to stop listening. The hub may write where the device
may not, so it must not be talked into it (the confused deputy: N. Hardy, 1988).
"""

from collections.abc import Iterable, Iterator

from edge.core.home import Entity, Voice, strictest
from edge.home import discovery, own_device
from edge.home.config import DeviceConfig
from edge.home.mirror import Mirror

_SPOKEN_FOR = ("hermes/", "$")
"""What is understood as said by a hub, and what belongs to the broker."""

WHY = {
    "act.own_topic": "it is to be told what to do on a topic of the hub's own, and is told nothing",
    "act.borrowed_topic": (
        "it is to be told what to do where a device is told that asks for a yes, and is told nothing until home.toml "
        "says what a voice may do to it"
    ),
}
"""Code -> why a device is not told anything, for people."""


class Reach:
    """Judges the topics of a command, by the home as it is when the command is sent.

    client_id, base_topic, prefix: the hub's own, as of `LinkSettings`.
    """

    def __init__(self, mirror: Mirror, *, client_id: str, base_topic: str, prefix: str) -> None:
        self._mirror = mirror
        self._node = own_device.node(client_id)
        self._base = base_topic
        self._prefix = prefix

    def refusal(self, entity: Entity, config: DeviceConfig, topics: Iterable[str]) -> str | None:
        """Why nothing is published there for this device: `act.own_topic`, `act.borrowed_topic`; None: it may be."""
        wanted = frozenset(topics)
        if any(map(self._is_own, wanted)):
            return "act.own_topic"
        return "act.borrowed_topic" if self._is_borrowed(entity, config, wanted) else None

    def _is_own(self, topic: str) -> bool:
        if topic.startswith(_SPOKEN_FOR) or discovery.is_discovery(topic, self._prefix):
            return True
        if topic in ("homeassistant/status", f"{self._prefix}/status"):
            return True  # "Home Assistant has started": every device of the house would answer
        if topic != self._base and not topic.startswith(f"{self._base}/"):
            return False
        # Another hub is a device, and is told what to do below the same topic.
        parts = topic.removeprefix(f"{self._base}/").split("/")
        return not (len(parts) == 3 and parts[0] != self._node and parts[1] in own_device.TOLD and parts[2] == "set")

    def _is_borrowed(self, entity: Entity, config: DeviceConfig, wanted: frozenset[str]) -> bool:
        """Whether another device that is told there is guarded better, and the household has not spoken."""
        for other in self._mirror.snapshot().entities.values():
            if other.voice is Voice.ALLOWED or strictest((entity.voice, other.voice)) is entity.voice:
                continue
            theirs = self._mirror.config(other.entity_id)
            if theirs is None or _node(theirs) == _node(config):
                continue  # a lock's own switches, such as its child lock, are told where it is told
            said = (value for key, value in theirs.options.items() if key.endswith("topic"))
            if not wanted.isdisjoint(said):
                return not self._is_allowed(entity)
        return False

    def _is_allowed(self, entity: Entity) -> bool:
        """Whether the household itself has said what a voice may do to it."""
        voice = next((fact for fact in self._mirror.facts(entity.entity_id) if fact.name == "voice"), None)
        return voice is not None and voice.source != "default"


def told_on(config: DeviceConfig) -> Iterator[str]:
    """Topics that the device wants to be told what to do on."""
    for key, value in config.options.items():
        if key.endswith("command_topic") and isinstance(value, str):
            yield value


def _node(config: DeviceConfig) -> str:
    """Who announces it: the node of a discovery topic, else its object.

    The topic is `<prefix>/<component>/[<node>/]<object>/config`. In the broker's rules that part can be bound to a
    user's name; what the message says of its device cannot.
    """
    parts = config.key.partition("#")[0].split("/")
    return parts[-3] if len(parts) > 4 else parts[-2]
