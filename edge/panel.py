"""The hub's own panel: what it shows of itself over MQTT, and what it may be told there.

What is shown is kept here and published when it changes; nothing waits for a broker that is away, since all of it is
published anew whenever the link is up. The broker keeps what it is told, and gives it back at the next start.

Its own device stays out of the hub's mirror: a voice that can switch listening off cannot switch it on again, and
nobody means the hub itself by "turn off the switches". Other hubs of the house do appear, as the devices they are.

Called from several threads. The panel's lock is held while it publishes, so that states arrive in the order in which
they came about; publishing only hands over to the network thread, which never waits for the panel while it holds
anything that publishing needs.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from edge import __version__
from edge.core.errors import InputError
from edge.core.turn import EndReason, Turn
from edge.home import own_device
from edge.home.link import Link, LinkSettings
from edge.home.own_device import Activity, OwnDevice
from edge.profile import Profile
from edge.satellite import Satellite

if TYPE_CHECKING:
    from edge.audio.listen import Listener
    from edge.audio.parts import ListenEvent
    from edge.audio.wake import WakeDetector
    from edge.reply.chime import Chime
    from edge.reply.speak import Speak

_LOG = logging.getLogger(__name__)

_AGAIN_S = (0.5, 2.5)
"""Least and greatest delay, seconds, after Home Assistant has started: every device of the house answers it then."""


def home_link(profile: Profile, settings: LinkSettings, client_id: str, **callbacks: Any) -> Link:
    """The link to this household's home; a `HubLink` where the settings say that it is the hub itself.

    client_id: of the hub, also where the link is that of a command beside it. callbacks: as of `Link`.
    """
    mqtt = profile.mqtt
    device = OwnDevice(client_id, __version__, settings.household.mic, profile.board, mqtt.prefix, mqtt.base_topic)
    if settings.announce:
        return HubLink(settings, Panel(profile, device), **callbacks)
    link = Link(settings, **callbacks)
    for part in own_device.PARTS:
        link.listen(device.config_topic(part), _pass_over)
    return link


class HubLink(Link):
    """The link of the hub itself, with its panel. callbacks: as of `Link`."""

    def __init__(self, settings: LinkSettings, panel: "Panel", **callbacks: Any) -> None:
        super().__init__(settings, on_up=panel.up, **callbacks)
        self.panel = panel
        panel.attach(self)


class Panel:
    """States out, commands in. Safe to use from several threads.

    jitter: 0 to 1; spreads the answers of many devices to one that has started.
    """

    def __init__(self, profile: Profile, device: OwnDevice, *, jitter: Callable[[], float] = random.random) -> None:
        mqtt, reply = profile.mqtt, profile.reply
        self._device = device
        self._jitter = jitter
        self._satellite = Satellite(mqtt.site_id) if mqtt.hermes else None
        plays = reply.speak or reply.chime
        self._parts = tuple(own_device.parts(plays=plays, requests=mqtt.publish_requests)) if mqtt.announce else ()
        self._without: tuple[str, ...] = ()
        """Parts that are taken back for as long as no wake word is needed; what they were told is kept."""
        # What is written in the configuration holds at every start; what was set from afar, until it is written there.
        self._restores_sensitivity = profile.origin("wake.sensitivity") == "default"
        self._sensitivity = profile.wake.sensitivity
        self._hears, self._muted = True, False
        self._lock = threading.RLock()
        self._link: Link | None = None
        self._listener: Listener | None = None
        self._detector: WakeDetector | None = None
        self._speak: Speak | None = None
        self._chime: Chime | None = None
        self._shown: dict[str, str] = {}
        """State topic -> what is shown there."""
        self._attentive = self._acting = self._speaking = False
        self._refused = 0
        self._complained: set[str] = set()
        self._again: threading.Timer | None = None
        self._announced = self._closed = False

    # --- the link ---

    def attach(self, link: Link) -> None:
        """Listen to what concerns the panel; to be called before the link connects."""
        self._link, device = link, self._device
        for part in own_device.PARTS:
            if part in self._parts:
                link.listen(device.config_topic(part), _pass_over)
            else:
                link.listen(device.config_topic(part), partial(self._take_back, device.config_topic(part)))
        for topic in {device.state_topic(part) for part in own_device.PARTS}:
            if topic not in {device.state_topic(part) for part in self._parts}:
                link.listen(topic, partial(self._take_back, topic))
        for part in set(own_device.TOLD) & set(self._parts):
            link.listen(device.state_topic(part), partial(self._restore, part))
            link.listen(device.set_topic(part), partial(self._command, part), retained=False)
        link.listen(device.status_topic, self._heard_status)
        if self._parts:
            for topic in device.birth_topics():
                link.listen(topic, self._heard_birth)
        if self._satellite is not None:
            self._satellite.attach(link)

    def up(self) -> None:
        """The link is up, for the first time or again."""
        with self._lock:
            if self._listener is not None and not self._closed:
                self._announce()

    def begin(
        self, listener: "Listener", *, detector: "WakeDetector | None", speak: "Speak | None", chime: "Chime | None"
    ) -> None:
        """The hub is about to listen: do as was told before, and announce."""
        with self._lock:
            self._listener, self._detector, self._speak, self._chime = listener, detector, speak, chime
            if detector is None:
                self._without = tuple(part for part in self._parts if part in own_device.OF_THE_WAKE_WORD)
                self._parts = tuple(part for part in self._parts if part not in self._without)
            listener.on_dropped = self._dropped
            if speak is not None:
                speak.on_speaking = self._speaks
            self._obey()
            self._show("refused", str(self._refused))
            self._announce()
        if self._satellite is not None and speak is not None:
            self._satellite.begin(speak)

    def close(self) -> None:
        """Say no more; what is being said for others ends. What was announced stays, and is shown to be offline."""
        with self._lock:
            self._closed = True
            if self._again is not None:
                self._again.cancel()
        if self._satellite is not None:
            self._satellite.close()

    # --- the line ---

    def heard(self, event: "ListenEvent") -> None:
        """Something happened in the frame loop."""
        from edge.audio.parts import ListenEventKind

        with self._lock:
            ended = event.kind is ListenEventKind.ENDED
            self._attentive, self._acting = self._hears and not ended, ended or self._acting
            self._show_activity()
            if self._satellite is not None:
                self._satellite.heard(event, self._sensitivity)

    def _dropped(self) -> None:
        """What was under way in the frame loop came to nothing."""
        with self._lock:
            self._attentive = False
            self._show_activity()
            if self._satellite is not None:
                self._satellite.dropped()

    def began(self) -> None:
        """A turn is being taken."""
        with self._lock:
            self._acting = True
            self._show_activity()

    def ended(self, turn: Turn) -> None:
        """A turn was taken to its end."""
        with self._lock:
            self._acting = False
            self._show_activity()
            if turn.utterance.hypotheses or turn.utterance.end_reason is not EndReason.NO_SPEECH:
                self._refused += turn.plan is None or turn.plan.refusal is not None or bool(turn.error)
                self._show("refused", str(self._refused))
            if turn.utterance.text:
                self._show("last_request", own_device.shown(turn.utterance.text))
            if turn.interpretation is not None:
                self._show("last_intent", own_device.shown(turn.interpretation.intent))
            self._show_counts()
            if self._satellite is not None:
                self._satellite.ended(turn)

    def show(self, part: str, state: str) -> None:
        """A part's state as others work it out."""
        with self._lock:
            self._show(part, state)

    def asked(self) -> None:
        """Somebody was asked something, and is now listened to; what comes of it is told by the frame loop."""
        with self._lock:
            self._attentive = self._hears
            self._show_activity()

    def _speaks(self, speaking: bool) -> None:
        with self._lock:
            self._speaking = speaking
            self._show_activity()

    # --- what is told, on the network thread ---

    def _command(self, part: str, payload: bytes) -> None:
        topic = self._device.set_topic(part)
        try:
            self._set(part, payload)
        except InputError as error:
            self._complain(topic, error)
        else:
            self._complained.discard(topic)

    def _restore(self, part: str, payload: bytes) -> None:
        with self._lock:
            if self._listener is not None or (part == "sensitivity" and not self._restores_sensitivity):
                return  # what the panel itself has just published, or what the configuration decides
            try:
                self._set(part, payload)
            except InputError as error:
                self._complain(self._device.state_topic(part), error)

    def _set(self, part: str, payload: bytes) -> None:
        with self._lock:
            if part == "listening":
                self._hears = own_device.read_switch(payload)
            elif part == "mute":
                self._muted = own_device.read_switch(payload)
            else:
                self._sensitivity = own_device.read_share(payload)
            if self._listener is not None:
                self._obey()

    def _obey(self) -> None:
        assert self._listener is not None
        self._listener.deaf = not self._hears
        self._attentive = self._attentive and self._hears
        if self._detector is not None:
            self._detector.set_sensitivity(self._sensitivity)
        for sound in (self._speak, self._chime):
            if sound is not None:
                sound.muted = self._muted
        self._show("listening", own_device.switched(self._hears))
        self._show("mute", own_device.switched(self._muted))
        self._show("sensitivity", own_device.share(self._sensitivity))
        self._show_activity()
        self._show_counts()

    def _take_back(self, topic: str, payload: bytes) -> None:
        """Something that this hub announced once, and that it is not to show any more."""
        if payload and self._link is not None:
            self._link.publish_at(topic, b"", retain=True)

    def _heard_status(self, payload: bytes) -> None:
        # Said by the broker for a connection of this hub that is gone: by now there is another.
        with self._lock:
            if payload == b"offline" and not self._closed and self._link is not None:
                self._link.publish_at(self._device.status_topic, b"online", retain=True)

    def _heard_birth(self, payload: bytes) -> None:
        with self._lock:
            if payload != b"online" or self._again is not None or self._closed or self._listener is None:
                return
            least, most = _AGAIN_S
            self._again = threading.Timer(least + (most - least) * self._jitter(), self._announce_again)
            self._again.daemon = True
            self._again.start()

    def _announce_again(self) -> None:
        with self._lock:
            self._again = None
            if not self._closed:
                self._announce()

    def _complain(self, topic: str, error: InputError) -> None:
        # Once, until it is told something right: whoever sends nonsense may do so every second.
        if topic not in self._complained:
            self._complained.add(topic)
            _LOG.warning("%s: ignored the message on %s: %s", error.code, topic, error)

    # --- what is shown; with the lock held ---

    def _announce(self) -> None:
        if self._link is None:
            return
        self._announced = True
        for part in self._parts:
            self._link.publish_at(self._device.config_topic(part), self._device.announcement(part), retain=True)
        for part in self._without:
            self._link.publish_at(self._device.config_topic(part), b"", retain=True)
        for topic, payload in self._shown.items():
            self._link.publish_at(topic, payload, retain=True)

    def _show(self, part: str, payload: str) -> None:
        topic = self._device.state_topic(part)
        if part not in self._parts or self._shown.get(topic) == payload:
            return
        self._shown[topic] = payload
        if self._link is not None and self._announced and not self._closed:
            self._link.publish_at(topic, payload, retain=True)

    def _show_activity(self) -> None:
        if self._attentive:
            activity = Activity.LISTENING
        elif self._speaking:
            activity = Activity.SPEAKING
        elif self._acting:
            activity = Activity.ACTING
        else:
            activity = Activity.IDLE if self._hears else Activity.OFF
        self._show("activity", activity)

    def _show_counts(self) -> None:
        if self._detector is not None:
            self._show("wakes", own_device.counts(asdict(self._detector.counts)))


def _pass_over(_: bytes) -> None:
    """The hub's own announcement: it keeps out of its own mirror."""
