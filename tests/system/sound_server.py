"""A PipeWire of the tests' own, with a microphone and a loudspeaker that are not there: to be killed and started."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

MISSING = any(shutil.which(name) is None for name in ("pipewire", "wireplumber", "pw-cli")) or not any(
    Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pipewire.so")
)
INSTALL = "PipeWire is not installed: apt-get install pipewire wireplumber pipewire-alsa"
PATIENCE_S = 20.0

_DAEMON = """
context.properties = { support.dbus = false core.daemon = true core.name = pipewire-0 }
context.spa-libs = {
  audio.convert.* = audioconvert/libspa-audioconvert
  support.* = support/libspa-support
}
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-metadata }
  { name = libpipewire-module-spa-node-factory }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-access }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-link-factory }
  { name = libpipewire-module-session-manager }
]
context.objects = [
  { factory = metadata args = { metadata.name = default } }
  { factory = spa-node-factory args = { factory.name = support.node.driver node.name = Dummy priority.driver = 20000 } }
  { factory = adapter args = {
      factory.name = support.null-audio-sink node.name = room media.class = Audio/Source/Virtual audio.position = [MONO]
  } }
  { factory = adapter args = {
      factory.name = support.null-audio-sink node.name = loud media.class = Audio/Sink audio.position = [MONO]
  } }
]
"""
_MANAGER = """
context.properties = { wireplumber.script-engine = lua-scripting }
context.spa-libs = {
  audio.convert.* = audioconvert/libspa-audioconvert
  support.* = support/libspa-support
}
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-metadata }
  { name = libpipewire-module-session-manager }
]
wireplumber.components = [
  { name = libwireplumber-module-lua-scripting, type = module }
  { name = tests.lua, type = config/lua }
]
"""
_POLICY = """
components = {}
for _, name in ipairs({
  "si-node", "si-audio-adapter", "si-audio-endpoint", "si-standard-link", "default-nodes-api", "default-nodes",
  "mixer-api"
}) do
  components[name] = { "libwireplumber-module-" .. name, type = "module" }
end
local policy = { move = true, follow = true }
components["access"] = { "access/access-default.lua", type = "script/lua" }
components["item"] = { "create-item.lua", type = "script/lua", args = policy }
components["node"] = { "policy-node.lua", type = "script/lua", args = policy }
"""


class SoundServer:
    """Nothing of it needs D-Bus, a session or the real sound card."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        run = folder / "run"
        run.mkdir(mode=0o700)
        (folder / "tests.lua.d").mkdir()
        (folder / "pipewire.conf").write_text(_DAEMON)
        (folder / "wireplumber.conf").write_text(_MANAGER)
        (folder / "tests.lua.d" / "10-tests.lua").write_text(_POLICY)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(run),
            "PIPEWIRE_RUNTIME_DIR": str(run),
        }

    def start(self) -> None:
        """Start it; returns when it can be recorded from."""
        self._run("pipewire", "-c", str(self._folder / "pipewire.conf"))
        self._until("pw-cli", "info", "room")
        self._run("wireplumber")
        self._until("sh", "-c", "pw-cli list-objects Client | grep -q WirePlumber")

    def kill(self) -> None:
        """As a crash ends it."""
        while self._running:
            process = self._running.pop()
            process.kill()
            process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Stop it in its tracks, or let it go on."""
        for process in self._running:
            process.send_signal(number)

    def _run(self, *command: str) -> None:
        places = {"WIREPLUMBER_CONFIG_DIR": str(self._folder), "WIREPLUMBER_DATA_DIR": "/usr/share/wireplumber"}
        with (self._folder / f"{command[0]}.log").open("ab") as log:
            self._running.append(subprocess.Popen(command, env=self.environ | places, stdout=log, stderr=log))

    def _until(self, *command: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while subprocess.run(command, env=self.environ, capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline, f"waited in vain: {' '.join(command)}"
            time.sleep(0.05)
