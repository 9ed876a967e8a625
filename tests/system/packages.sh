#!/bin/sh
# Install what the system tests need from Debian; report what cannot be had (its tests then say so and are skipped).
missing=""
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null 2>&1 || missing="$missing mosquitto"
ldconfig -p 2>/dev/null | grep -q libportaudio.so.2 || missing="$missing libportaudio2"
command -v systemd-analyze >/dev/null 2>&1 || missing="$missing systemd"
for tool in pipewire wireplumber; do
    command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
ls /usr/lib/*/alsa-lib/libasound_module_pcm_pipewire.so >/dev/null 2>&1 || missing="$missing pipewire-alsa"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
# A fresh Debian to install the hub in; debootstrap makes one, too, and takes twice the computing.
command -v mmdebstrap >/dev/null 2>&1 || missing="$missing mmdebstrap"
[ -z "$missing" ] && exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    sudo -n true 2>/dev/null || { echo "NOT INSTALLED (no root):$missing; run: sudo apt-get install$missing"; exit 0; }
fi
echo "installing for the tests:$missing"
log=$(mktemp)
# shellcheck disable=SC2086  # a list of words
if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing; } >"$log" 2>&1; then
    echo "NOT INSTALLED:$missing; their tests will be skipped. The last lines of apt-get:"
    tail -5 "$log"
fi
rm -f "$log"
exit 0
