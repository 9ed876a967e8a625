"""The broker: where it is, a client for it, and what to tell people when it cannot be reached."""

import socket
import ssl
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.core.errors import InputError, UnreachableError
from edge.home.household import Household

_CREDENTIALS = frozenset((134, 135))
"""MQTT 5, section 3.2.2.2: bad user name or password, not authorised; paho uses them for MQTT 3.1.1 too."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where the broker is, and what discovery does not tell of the house."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_id: str = field(default_factory=lambda: f"edge-{uuid.uuid4().hex[:12]}")
    """Unique at the broker: of two clients with one id each throws the other out."""
    announce: bool = True
    """Whether this is the hub itself, which says on `<base>/status` whether it is there, or a command beside it."""
    prefix: str = "homeassistant"
    """Discovery prefix."""
    base_topic: str = "edge"
    """Below it the hub publishes what it has to say."""
    keepalive: int = 30
    """Seconds without a message after which either side asks whether the other is still there."""
    tls: bool = False
    ca_file: Path | None = None
    """Certificate authority of the broker; None trusts the system's."""
    household: Household = field(default_factory=Household.of)
    """What discovery does not tell of the house."""
    zigbee2mqtt: str = "zigbee2mqtt"
    """Base topic of Zigbee2MQTT, whose groups tell rooms."""


def new_client(settings: LinkSettings, timeout_s: float) -> mqtt.Client:
    """A client that, as the hub, says on `<base>/status` when it is gone. Raises InputError (`link.ca_file`).

    timeout_s: seconds for each of opening a connection and agreeing on its encryption.
    """
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=settings.client_id)
    client.connect_timeout = timeout_s
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    if settings.tls:
        client.tls_set_context(_tls(settings.ca_file, timeout_s))
    client.on_socket_open = without_delay
    if settings.announce:
        client.will_set(f"{settings.base_topic}/status", "offline", qos=1, retain=True)
    return client


def _tls(ca_file: Path | None, timeout_s: float) -> ssl.SSLContext:
    class Socket(ssl.SSLSocket):
        # Left to itself paho waits for the keepalive's length, and leaves the socket open when the handshake fails.
        def do_handshake(self, block: bool = False) -> None:
            self.settimeout(timeout_s)
            try:
                super().do_handshake(block)
            except OSError as error:
                self.close()
                raise ssl.SSLError("the handshake failed") from error

    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise InputError("link.ca_file", f"{ca_file} is no certificate: correct mqtt.ca_file") from error
    context.sslsocket_class = Socket
    return context


def without_delay(_: mqtt.Client, __: Any, connection: Any) -> None:
    """Send small packets at once: Nagle's algorithm would hold a second command back for 40 ms (RFC 896, 1122)."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def connect(client: mqtt.Client, settings: LinkSettings) -> None:
    """Open the connection; the broker's answer is still to come. Raises UnreachableError."""
    try:
        client.connect(settings.host, settings.port, settings.keepalive)
    except socket.gaierror as error:
        raise UnreachableError(
            "link.unknown_host", f"no machine is called {settings.host}: correct mqtt.host"
        ) from error
    except ssl.SSLError as error:
        raise UnreachableError(
            "link.tls", f"no secure connection to {_where(settings)}: check mqtt.tls, mqtt.port and mqtt.ca_file"
        ) from error
    except OSError as error:
        raise UnreachableError(
            "link.no_broker",
            f"no MQTT broker answers at {_where(settings)}: start it, or correct mqtt.host and mqtt.port",
        ) from error


def refused(reason: ReasonCode, settings: LinkSettings) -> UnreachableError:
    """The broker answered, and the answer was no."""
    if reason.value in _CREDENTIALS:
        sentence = "refused the user name or password: correct mqtt.username and the password"
    else:
        sentence = f"refused the connection ({reason}): its log tells why"
    return UnreachableError("link.refused", f"the broker at {_where(settings)} {sentence}")


def no_answer(settings: LinkSettings) -> UnreachableError:
    """Something listens there, and says nothing."""
    return UnreachableError(
        "link.no_answer",
        f"{_where(settings)} takes the connection but does not answer in MQTT: correct mqtt.port or mqtt.tls",
    )


def _where(settings: LinkSettings) -> str:
    return f"{settings.host}:{settings.port}"
