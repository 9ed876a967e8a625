"""The broker: where it is, a client for it, and what to tell people when it cannot be reached."""

import contextlib
import socket
import ssl
import struct
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.core.errors import InputError, UnreachableError
from edge.home import own_device
from edge.home.household import Household

_CREDENTIALS = frozenset((134, 135))
"""MQTT 5, section 3.2.2.2: bad user name or password, not authorised; paho uses them for MQTT 3.1.1 too."""

UNSUPPORTED_PROTOCOL = 132
TAKEN_OVER = 142
"""MQTT 5, sections 3.2.2.2 and 3.14.2.1: another client has come with the same client id."""
SESSION_S = 300
"""Seconds for which the broker keeps what the hub missed: longer outages are caught up on by what is retained."""
_MAX_PACKET_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where the broker is, and what discovery does not tell of the house."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_id: str = field(default_factory=lambda: f"edge-{uuid.uuid4().hex[:12]}")
    """Unique at the broker: of two clients with one id each throws the other out."""
    hub_id: str = ""
    """The hub's own, whose topics no device may have; empty: `client_id`, as this is the hub."""
    announce: bool = True
    """Whether this is the hub itself, which says on `status_topic` whether it is there, or a command beside it."""
    prefix: str = "homeassistant"
    """Discovery prefix."""
    base_topic: str = "edge"
    """Below it the hub publishes what it has to say."""
    keepalive: int = 30
    """Seconds without a message after which either side asks whether the other is still there."""
    tls: bool = False
    ca_file: Path | None = None
    """Certificate authority of the broker; None trusts the system's."""
    cert_file: Path | None = None
    """This client's own certificate, where the broker asks for one."""
    key_file: Path | None = None
    """Its key; None: it is in `cert_file`."""
    protocol: str = "auto"
    """`5`, `3.1.1`, or `auto`: 5 where the broker knows it."""
    rate: float | None = None
    """Messages to devices a second, for as long as it takes; None does not limit them."""
    burst: int = 1
    """Messages that may go out at once after a pause."""
    household: Household = field(default_factory=Household.of)
    """What discovery does not tell of the house."""
    zigbee2mqtt: str = "zigbee2mqtt"
    """Base topic of Zigbee2MQTT, whose groups tell rooms."""

    @property
    def status_topic(self) -> str:
        """Where this hub, and no other, says `online` or `offline`."""
        return own_device.status_topic(self.base_topic, self.client_id)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two sockets by which a thread is woken, as paho wants them."""
    one, other = socket.socketpair()
    one.setblocking(False)
    other.setblocking(False)
    return one, other


# For the sake of systems without socketpair(2) paho makes them by listening on the loopback interface for a moment, and
# takes whoever comes first.
mqtt._socketpair_compat = _pair  # noqa: SLF001 - there is no other way in


def protocols(settings: LinkSettings) -> tuple[MQTTProtocolVersion, ...]:
    """The versions of MQTT to try, in this order."""
    return _PROTOCOLS[settings.protocol]


_PROTOCOLS: Mapping[str, tuple[MQTTProtocolVersion, ...]] = {
    "auto": (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311),
    "5": (MQTTProtocolVersion.MQTTv5,),
    "3.1.1": (MQTTProtocolVersion.MQTTv311,),
}


def new_client(
    settings: LinkSettings, protocol: MQTTProtocolVersion, timeout_s: float, *, forget: bool = False
) -> mqtt.Client:
    """A client for one connection that, as the hub, says on its `status_topic` when it is gone.

    timeout_s: seconds for each of opening a connection and agreeing on its encryption. forget: have the broker forget
    what it keeps for this client id, and say nothing; MQTT 3.1.1 only.
    Raises InputError (`link.ca_file`, `link.cert_file`).
    """
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        protocol=protocol,
        # MQTT 3.1.1 keeps a session until somebody clears it (`forget_session`), so only the hub has one.
        clean_session=forget or not settings.announce if protocol is MQTTProtocolVersion.MQTTv311 else None,
        reconnect_on_failure=False,
    )
    client.connect_timeout = timeout_s
    client.max_inflight_messages_set(0)  # no limit: what waits in a queue may be sent too late
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    if settings.tls:
        client.tls_set_context(_tls(settings, timeout_s))
    client.on_socket_open = without_delay
    if settings.announce and not forget:
        client.will_set(settings.status_topic, "offline", qos=1, retain=True)
    return client


def _tls(settings: LinkSettings, timeout_s: float) -> ssl.SSLContext:
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
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise InputError("link.ca_file", f"{settings.ca_file} is no certificate: correct mqtt.ca_file") from error
    if settings.cert_file is not None:
        try:
            # Without this a key with a password would ask for it on the terminal.
            context.load_cert_chain(settings.cert_file, settings.key_file, password=lambda: "")
        except OSError as error:
            raise InputError(
                "link.cert_file",
                f"{settings.cert_file} and its key are no certificate that can be used: correct mqtt.cert_file and "
                "mqtt.key_file (the key must belong to it, and have no password)",
            ) from error
    context.sslsocket_class = Socket
    return context


def without_delay(_: mqtt.Client, __: Any, connection: Any) -> None:
    """Send small packets at once: Nagle's algorithm would hold a second command back for 40 ms (RFC 896, 1122)."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def acknowledge_now(client: mqtt.Client) -> None:
    """Have the kernel acknowledge what was received: brokers that follow Nagle hold the next packet back until then.

    Mosquitto does as it comes, and the next packet is the device's answer to the command whose acknowledgement this is.
    """
    connection: Any = client.socket()
    if connection is not None and hasattr(socket, "TCP_QUICKACK"):  # Linux alone has it
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def connect(client: mqtt.Client, settings: LinkSettings, *, clean: bool) -> None:
    """Open the connection; the broker's answer is still to come. Raises UnreachableError.

    clean: whether what the broker kept of an earlier connection is forgotten; MQTT 5 only, see `forget_session`.
    """
    more: dict[str, Any] = {}
    if client.protocol == MQTTProtocolVersion.MQTTv5:
        properties = _properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = _MAX_PACKET_BYTES
        if settings.announce:
            properties.SessionExpiryInterval = SESSION_S
        more = {"clean_start": clean or not settings.announce, "properties": properties}
    try:
        client.connect(settings.host, settings.port, settings.keepalive, **more)
    except socket.gaierror as error:
        raise UnreachableError(
            "link.unknown_host", f"no machine is called {settings.host}: correct mqtt.host"
        ) from error
    except ssl.SSLError as error:
        raise UnreachableError("link.tls", _tls_problem(error, settings)) from error
    except OSError as error:
        raise UnreachableError(
            "link.no_broker",
            f"no MQTT broker answers at {_where(settings)}: start it, or correct mqtt.host and mqtt.port",
        ) from error


def _properties(packet: int) -> Any:
    return Properties(packet)  # type: ignore[no-untyped-call]


def _tls_problem(error: ssl.SSLError, settings: LinkSettings) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, ssl.SSLCertVerificationError) else error
    code = getattr(cause, "verify_code", None)
    if code in _EXPIRED:
        return f"the certificate of {_where(settings)} {_EXPIRED[code]}"
    if code in _OTHER_HOST:
        return f"the certificate of {_where(settings)} is another machine's: correct mqtt.host to the name in it"
    return f"no secure connection to {_where(settings)}: check mqtt.tls, mqtt.port and mqtt.ca_file"


# OpenSSL's verification codes, x509_vfy.h.
_EXPIRED = {
    10: "has expired: renew it (or set this machine's clock)",
    9: "is not valid yet: set this machine's clock (or the broker's)",
}
_OTHER_HOST = frozenset((62, 64))


def disconnect(client: mqtt.Client, patience_s: float = 1.0) -> None:
    """Say goodbye and stop the client's thread; at most about `patience_s` seconds.

    In MQTT 5 that ends the session, in 3.1.1 the session stays: see `forget_session`.
    """
    properties = None
    if client.protocol == MQTTProtocolVersion.MQTTv5:
        properties = _properties(PacketTypes.DISCONNECT)
        properties.SessionExpiryInterval = 0
    client.disconnect(properties=properties)
    # paho waits for its thread without a limit, and its thread for the network.
    stopping = threading.Thread(target=stop, args=(client,), name="edge-link-stop", daemon=True)
    stopping.start()
    stopping.join(patience_s)
    connection: Any = client.socket()
    if stopping.is_alive() and connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        stopping.join(patience_s)


def stop(client: mqtt.Client) -> None:
    """Stop the thread of a client that has been disconnected, and leave nothing open.

    paho closes the sockets by which it wakes that thread only when the client is deleted, which its callbacks put off
    until the collector finds it: a hub whose broker comes and goes would run out of descriptors meanwhile.
    """
    client.loop_stop()
    client.reinitialise()


def abort(client: mqtt.Client) -> None:
    """End the connection at once, with whatever of it has not reached the other side (RFC 9293, section 3.10.5).

    A network that was away would else deliver, when it is back, what people were told had failed.
    """
    connection: Any = client.socket()
    if connection is None:
        return
    with contextlib.suppress(OSError):  # it has just ended by itself
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)


def forget_session(settings: LinkSettings, timeout_s: float) -> None:
    """Have the broker forget what it keeps for this client id in MQTT 3.1.1: subscriptions, and messages for later.

    Nothing but a connection with a clean session does that (MQTT 3.1.1, section 3.1.2.4). Whether the broker takes it
    is for the connection that follows to find out. Raises UnreachableError, InputError.
    """
    client = new_client(settings, MQTTProtocolVersion.MQTTv311, timeout_s, forget=True)
    answered = threading.Event()
    client.on_connect = lambda *_: answered.set()
    client.on_disconnect = lambda *_: answered.set()
    try:
        connect(client, settings, clean=True)
        client.loop_start()
        answered.wait(timeout_s)
    finally:
        disconnect(client)


def refused(reason: ReasonCode, settings: LinkSettings) -> UnreachableError:
    """The broker answered, and the answer was no."""
    if reason.value == UNSUPPORTED_PROTOCOL:
        sentence = f"does not speak MQTT {settings.protocol}: set mqtt.protocol to auto"
    elif reason.value in _CREDENTIALS:
        sentence = "refused the user name or password: correct mqtt.username and the password"
    else:
        sentence = f"refused the connection ({reason}): its log tells why"
    return UnreachableError("link.refused", f"the broker at {_where(settings)} {sentence}")


def closed(settings: LinkSettings) -> UnreachableError:
    """Something took the connection, and ended it without a word."""
    if not settings.tls:
        return no_answer(settings)
    asks = "does it know the authority of mqtt.cert_file, and has that certificate expired?"
    if settings.cert_file is None:
        asks = "does it ask for a client certificate (mqtt.cert_file, mqtt.key_file)?"
    return UnreachableError("link.tls", f"{_where(settings)} ended the secure connection: {asks}")


def no_answer(settings: LinkSettings) -> UnreachableError:
    """Something listens there, and says nothing."""
    return UnreachableError(
        "link.no_answer",
        f"{_where(settings)} takes the connection but does not answer in MQTT: correct mqtt.port or mqtt.tls, or "
        "restart the broker if it hangs",
    )


def _where(settings: LinkSettings) -> str:
    return f"{settings.host}:{settings.port}"
