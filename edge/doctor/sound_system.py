"""What stands between the hub and the microphone: PipeWire, PulseAudio or ALSA alone; docs/sound.md tells more.

Told from sockets, processes and files, so that it is right for a service too, which has no session of its own: the
sound server of a session serves that session's user alone, and while it runs it holds the sound card.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.doctor.finding import Check, Health
from edge.doctor.machine import running
from edge.profile import Profile

_SERVERS = {
    "PipeWire": ("pipewire-0", "pipewire", "pipewire-alsa"),
    "PulseAudio": ("pulse/native", "pulse", "libasound2-plugins"),
}
"""Server, its process in small letters -> socket in a runtime folder, name of ALSA's device that leads there, Debian
package that brings it. PipeWire first: it has PulseAudio's socket as well."""
_HARDWARE = re.compile(r"\(?(plug)?hw:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Card:
    """A sound card that records."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class SoundSystem:
    """How the microphone is reached."""

    server: str | None
    """PipeWire or PulseAudio, where this user has one."""
    others: tuple[tuple[str, int], ...]
    """Servers of other users, and the users' ids."""
    cards: tuple[Card, ...]


def look(root: Path, environ: Mapping[str, str], uid: int) -> SoundSystem:
    """What there is for the user with this id. root: where /run, /proc and /dev are."""
    users = root / "run/user"
    runtime = environ.get("XDG_RUNTIME_DIR", "").lstrip("/")
    own = root / runtime if runtime else users / str(uid)
    server = next((name for name, (socket, _, _) in _SERVERS.items() if (own / socket).exists()), None)
    if server is None and (root / "run/pulse/native").exists():
        server = "PulseAudio"  # as a service of the whole system
    others = [(name, other) for name in _SERVERS for other in running(root, name.lower()) if other != uid]
    return SoundSystem(server, tuple(others), _cards(root))


def _cards(root: Path) -> tuple[Card, ...]:
    try:
        text = (root / "proc/asound/cards").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    # Such as: 1 [Device         ]: USB-Audio - USB PnP Sound Device
    found = re.findall(r"^\s*(\d+) \[[^\]]*\]: \S+ - (.+?)\s*$", text, re.MULTILINE)
    cards = (Card(int(number), name) for number, name in found)
    return tuple(card for card in cards if any((root / f"proc/asound/card{card.number}").glob("pcm*c")))


def check(profile: Profile, root: Path, environ: Mapping[str, str], uid: int) -> Iterator[Check]:
    """Which system is in the way, which device name is right for it, and why."""
    found, wanted = look(root, environ, uid), profile.audio.device
    if found.server is not None:
        yield _through(found.server, root, wanted)
    elif found.others and found.cards:
        server, other = found.others[0]
        said = f"{server} of user {other} holds the sound card, and serves that user alone"
        advice = (
            f"run edge as a service of that user, or stop it for them: systemctl --user mask --now "
            f"{'pipewire.socket pipewire' if server == 'PipeWire' else 'pulseaudio.socket pulseaudio'}"
        )
        yield Check("sound system", Health.WARN, said, advice)
    elif not found.cards:
        yield Check("sound system", Health.WARN, "no sound card that records", "plug a microphone in; see arecord -l")
    else:
        yield _alone(found.cards, root, wanted)


def _through(server: str, root: Path, wanted: str | None) -> Check:
    _, device, package = _SERVERS[server]
    folders = ("etc/alsa/conf.d", "usr/share/alsa/alsa.conf.d")
    if not any(path for folder in folders for path in (root / folder).glob(f"*{device}*.conf")):
        said = f"{server} holds the sound card, and ALSA does not know the way to it"
        return Check("sound system", Health.FAIL, said, f"run sudo apt install {package}")
    if wanted is not None and _HARDWARE.search(wanted):
        said = f"{server} holds the sound card, and audio.device is {wanted}, which goes past it"
        return Check("sound system", Health.WARN, said, f'set audio.device = "{device}"')
    way = f"audio.device is {wanted}" if wanted else f"the default goes through it, and so does {device}"
    return Check("sound system", Health.OK, f"{server}, in this user's session; {way}")


def _alone(cards: tuple[Card, ...], root: Path, wanted: str | None) -> Check:
    names = ", ".join(card.name for card in cards)
    shut = [path for path in sorted((root / "dev/snd").glob("pcm*c")) if not os.access(path, os.R_OK | os.W_OK)]
    if shut:
        said = f"ALSA alone, and /dev/snd/{shut[0].name} may not be opened by this user"
        return Check("sound system", Health.FAIL, said, "run sudo usermod -aG audio $USER, and log in again")
    if wanted is not None and (wanted.isdecimal() or _HARDWARE.search(wanted)):
        said = f"ALSA alone, and audio.device is {wanted}: numbers change when something is plugged in"
        return Check("sound system", Health.WARN, said, f'set audio.device = "{cards[0].name}"')
    if wanted is None and len(cards) > 1:
        said = f"ALSA alone, and {len(cards)} cards record: {names}"
        return Check("sound system", Health.WARN, said, f'choose one by name: audio.device = "{cards[0].name}"')
    return Check("sound system", Health.OK, f"ALSA alone; {names}: no other program can record while the hub does")
