"""The home that a hub or a command works on: behind the household's broker, simulated, or saved in a file."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from edge.core.errors import InputError
from edge.core.home import HomeState
from edge.profile import Profile, mqtt_password
from edge.resources import user_config_home
from edge.settings import MqttSettings

if TYPE_CHECKING:
    from edge.home.complaints import Complaint
    from edge.home.link import Contradiction, Link, LinkSettings
    from edge.home.simulated import SimulatedHome

log = logging.getLogger("edge")

SILENT_S = 2.0
"""Nobody is left longer without a word."""


class StillHome:
    """A home from a file: it can be asked about, and nothing in it can be moved."""

    def __init__(self, home: HomeState) -> None:
        self._home = home

    def snapshot(self) -> HomeState:
        """The home as it was given."""
        return self._home

    @property
    def complaints(self) -> "tuple[Complaint, ...]":
        """A file has been checked when it was read."""
        return ()

    def publish(self, topic_suffix: str, payload: str) -> None:
        """Nobody is listening."""


def read_home(path: Path) -> HomeState:
    """The home of a file that `edge devices --json` wrote. Raises InputError (`home.unreadable`, `home.invalid`)."""
    from edge.core.codec import loads

    try:
        return loads(HomeState, path.read_bytes())
    except OSError as error:
        raise InputError("home.unreadable", f"{path}: {error.strerror}") from error
    except InputError as error:
        raise InputError("home.invalid", f"{path}: {error}; make one with: edge devices --json > home.json") from error


@contextmanager
def linked(
    profile: Profile,
    *,
    ready_s: float,
    announce: bool = False,
    on_change: Callable[[], None] | None = None,
    on_structure: Callable[[], None] | None = None,
) -> "Iterator[Link]":
    """The home behind the profile's broker, mirrored and ready.

    announce: whether this is the hub itself, rather than a command beside it. on_change, on_structure: as of `Link`.

    Raises UnreachableError when the broker does not answer, InputError when none is set or for its password file.
    """
    from edge.panel import home_link

    link = home_link(
        profile,
        _link_settings(profile, announce=announce),
        _client_id(profile.mqtt),
        clock_ms=lambda: int(time.time() * 1000),
        steady_ms=lambda: time.monotonic_ns() // 1_000_000,  # a Pi's clock jumps by months when the network is there
        on_change=on_change,
        on_structure=on_structure,
        on_contradiction=_log_contradiction,
    )
    waiting = threading.Timer(SILENT_S, _tell_waiting)
    waiting.daemon = True
    try:
        waiting.start()
        try:
            link.connect(ready_s)
            link.wait_ready(ready_s)
        finally:
            waiting.cancel()
        yield link
    finally:
        link.close()


@contextmanager
def simulated(profile: Profile) -> Iterator[Profile]:
    """The built-in home on a broker of its own; yields the profile, pointed at it. Raises MissingError."""
    from edge.home.simulated import SimulatedHome

    with SimulatedHome() as home:
        yield simulated_profile(profile, home)


def simulated_profile(profile: Profile, home: "SimulatedHome") -> Profile:
    """The profile, pointed at a simulated home; nothing of the household's own broker is left in it."""
    mqtt = MqttSettings(host=home.host, port=home.port, protocol="3.1.1")
    return replace(
        profile,
        mqtt=mqtt,
        paths=replace(profile.paths, home=Path(os.devnull)),  # nor of its rooms and devices
        home=replace(profile.home, floors=home.floors, area=profile.home.area or home.mic_area),
    )


def _link_settings(profile: Profile, *, announce: bool) -> "LinkSettings":
    from edge import household_file
    from edge.home.link import LinkSettings

    mqtt = profile.mqtt
    if mqtt.host is None:
        raise InputError(
            "link.not_configured",
            f"no broker is configured: set mqtt.host in {user_config_home(os.environ) / 'edge/edge.toml'} "
            "(or --set mqtt.host=NAME), or try the built-in home with --simulated",
        )
    name = _client_id(mqtt)
    return LinkSettings(
        host=mqtt.host,
        port=mqtt.port,
        username=mqtt.username,
        password=mqtt_password(mqtt),
        # A broker throws out the older of two clients with one id, so only the hub itself goes by the lasting one.
        client_id=name if announce else f"{name}-{os.getpid()}",
        hub_id=name,
        announce=announce,
        prefix=mqtt.prefix,
        base_topic=mqtt.base_topic,
        keepalive=mqtt.keepalive_s,
        tls=mqtt.tls,
        ca_file=mqtt.ca_file,
        cert_file=mqtt.cert_file,
        key_file=mqtt.key_file,
        protocol=mqtt.protocol,
        rate=profile.act.rate,
        burst=profile.act.burst,
        household=household_file.load(profile.paths.home, profile.home, zigbee_base=mqtt.zigbee2mqtt),
        zigbee2mqtt=mqtt.zigbee2mqtt,
    )


def _client_id(mqtt: MqttSettings) -> str:
    """Of the hub itself, the same at every start."""
    return mqtt.client_id or f"edge-{os.uname().nodename or 'hub'}"


def _log_contradiction(_: "Contradiction") -> None:
    # Not which: its id is made of its name, and that was said.
    log.info("act.contradicted: a device obeyed, and now shows something else")


@cache
def _tell_waiting() -> None:
    # Once: a service tries for as long as the broker is away.
    log.warning("link.waiting: waiting for the broker")
