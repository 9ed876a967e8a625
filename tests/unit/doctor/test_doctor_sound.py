"""The doctor knows what stands between the hub and the microphone, with a session and without one."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from edge.doctor import Check, Health
from edge.settings import AudioSettings
from tests.unit.doctor.healthy import CARDS, House

UID = os.getuid()
PLUGIN = {"PipeWire": "etc/alsa/conf.d/50-pipewire.conf", "PulseAudio": "usr/share/alsa/alsa.conf.d/pulse.conf"}
SOCKET = {"PipeWire": "pipewire-0", "PulseAudio": "pulse/native"}


def sound(house: House, device: str | None = None) -> Check:
    house.profile = replace(house.profile, audio=AudioSettings(device=device))
    return house.checks(lambda: [device or "USB"])["sound system"]


def serve(house: House, server: str, folder: str) -> None:
    """A socket as the server leaves it; bound by a short path, as sockets need."""
    path = house.folder / folder / SOCKET[server]
    path.parent.mkdir(parents=True)
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def process(house: House, name: str, uid: int) -> None:
    house.write("proc/900/comm", f"{name}\n")
    house.write("proc/900/status", f"Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")


@pytest.mark.parametrize(("server", "device"), [("PipeWire", "pipewire"), ("PulseAudio", "pulse")])
def test_the_sound_server_of_this_session(house: House, server: str, device: str) -> None:
    serve(house, server, f"run/user/{UID}")
    check = sound(house)
    assert check.status is Health.FAIL
    assert check.advice.startswith("run sudo apt install ")
    house.write(PLUGIN[server], "")
    assert sound(house).found == f"{server}, in this user's session; the default goes through it, and so does {device}"
    assert sound(house, device).status is Health.OK
    check = sound(house, "USB PnP Sound Device: Audio (hw:1,0)")
    assert (check.status, check.advice) == (Health.WARN, f'set audio.device = "{device}"')


def test_pipewire_that_speaks_as_pulseaudio_too_is_pipewire(house: House) -> None:
    house.environ = {"XDG_RUNTIME_DIR": "/somewhere/else"}
    serve(house, "PulseAudio", "somewhere/else")
    serve_again = house.folder / "somewhere/else/pipewire-0"
    serve_again.touch()
    house.write(PLUGIN["PipeWire"], "")
    assert sound(house).found.startswith("PipeWire, ")


def test_pulseaudio_of_the_whole_system(house: House) -> None:
    serve(house, "PulseAudio", "run")
    house.write(PLUGIN["PulseAudio"], "")
    assert sound(house).found.startswith("PulseAudio, ")


def test_a_service_beside_the_session_of_somebody_else(house: House) -> None:
    process(house, "pipewire", UID + 1)
    check = sound(house)
    assert check.status is Health.WARN
    assert check.found == f"PipeWire of user {UID + 1} holds the sound card, and serves that user alone"
    assert "systemctl --user mask --now pipewire.socket pipewire" in check.advice


def test_alsa_alone(house: House) -> None:
    assert sound(house).found == "ALSA alone; USB PnP Sound Device: no other program can record while the hub does"
    for device in ("1", "USB PnP Sound Device: Audio (hw:1,0)"):
        check = sound(house, device)
        assert (check.status, check.advice) == (Health.WARN, 'set audio.device = "USB PnP Sound Device"')
    assert sound(house, "USB PnP Sound Device").status is Health.OK


def test_two_cards_are_told_apart_by_name(house: House) -> None:
    house.write("proc/asound/cards", f"{CARDS} 2 [seeed2micvoicec]: seeed2micvoicec - seeed-2mic-voicecard\n")
    house.write("proc/asound/card2/pcm0c/info", "")
    check = sound(house)
    assert check.found == "ALSA alone, and 2 cards record: USB PnP Sound Device, seeed-2mic-voicecard"
    assert check.advice == 'choose one by name: audio.device = "USB PnP Sound Device"'


def test_a_user_who_may_not_record(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    access = os.access
    monkeypatch.setattr("os.access", lambda path, mode: "snd" not in str(path) and access(path, mode))
    check = sound(house)
    assert (check.status, check.advice) == (Health.FAIL, "run sudo usermod -aG audio $USER, and log in again")


def test_no_card_that_records(house: House) -> None:
    house.write("proc/asound/cards", CARDS.partition(" 1 [")[0])
    assert sound(house).found == "no sound card that records"
    (house.folder / "proc/asound/cards").unlink()
    assert sound(house).status is Health.WARN
