"""Device profile and configuration -> one frozen Profile, read by hub.py and cli.py only.

Later wins: the board's device profile, /etc/edge/edge.toml, ~/.config/edge/edge.toml, the file given with --config,
the environment (EDGE_MQTT__HOST is mqtt.host), `section.key=value` from the command line. Whatever is wrong in any of
them is reported, all at once, even where a later one would have won: a mistake that hides today surprises tomorrow.
"""

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from edge.board import detect_board
from edge.core.errors import InputError
from edge.layers import Given, Problems, from_environ, from_file, from_overrides
from edge.resources import data_dir, user_config_home, user_home
from edge.settings import (
    FIELDS,
    SECTIONS,
    Entry,
    MqttSettings,
    Profile,
    default_custom_sentences,
    default_data_dir,
    default_home,
    default_pronunciations,
)
from edge.values import WrongValueError, check, show

__all__ = ["SYSTEM_PATHS", "Entry", "Profile", "boards", "load_profile", "mqtt_password"]

SYSTEM_PATHS = (Path("/etc/edge/edge.toml"),)
_FRAME_MS = 20


def load_profile(
    *,
    config: Path | None = None,
    board: str | None = None,
    overrides: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    system_paths: Sequence[Path] = SYSTEM_PATHS,
    root: Path = Path("/"),
) -> Profile:
    """The profile of this hub.

    config: a further file, which must exist. board: name of a device profile; None takes the configured one, else
    the board that `root` belongs to. overrides: `section.key=value`.
    Raises InputError (`config.invalid`) that names the place of everything that is wrong.
    """
    problems = Problems()
    given: list[Given] = []
    user_path = user_config_home(environ) / "edge" / "edge.toml"
    for path in dict.fromkeys((*system_paths, user_path)):  # a service's own may be the system's
        given += from_file(path, problems, may_be_absent=True)
    if config is not None:
        given += from_file(config, problems, may_be_absent=False)
    given += from_environ(environ, problems)
    given += from_overrides(overrides, problems)
    if board is not None:
        given.append(Given("board", board, "the board asked for", Path()))
    board_values = _board(given, root, problems)
    defaults: dict[str, object] = {
        "paths.data_dir": default_data_dir(environ),
        "paths.custom_sentences": default_custom_sentences(environ),
        "paths.pronunciations": default_pronunciations(environ),
        "paths.home": default_home(environ),
    }
    values, origins = _merge([*board_values, *given], user_home(environ), problems)
    problems.raise_any()
    profile = _build(defaults | values, origins)
    problems.extend(_contradictions(profile))
    problems.raise_any()
    return profile


def mqtt_password(mqtt: MqttSettings, environ: Mapping[str, str] = os.environ) -> str | None:
    """The broker's password, or None.

    The first that is set: EDGE_MQTT_PASSWORD, mqtt.password, the file mqtt.password_file, the systemd credential
    mqtt-password. Read when it is needed, so that commands that talk to no broker need no right to read it.
    Raises InputError (`config.secret`) when the file cannot be read.
    """
    if password := environ.get("EDGE_MQTT_PASSWORD") or mqtt.password:
        return password
    path = mqtt.password_file
    if path is None and (folder := environ.get("CREDENTIALS_DIRECTORY")):
        credential = Path(folder) / "mqtt-password"
        path = credential if credential.exists() else None
    if path is None:
        return None
    try:
        # Editors and `echo` end a file with a newline; passwords do not end with one.
        return path.read_text(encoding="utf-8").rstrip("\r\n") or None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError("config.secret", f"cannot read the MQTT password from {path}: {reason}") from error


def boards() -> tuple[str, ...]:
    """Names of all device profiles."""
    return tuple(sorted(path.stem for path in data_dir("device_profiles").glob("*.toml")))


def _board(given: Sequence[Given], root: Path, problems: Problems) -> list[Given]:
    """The device profile's values, the board's own name first."""
    asked = next((g for g in reversed(given) if g.key == "board"), None)
    known = boards()
    name = asked.raw if asked else detect_board(root)
    if not isinstance(name, str):
        return []  # told with all other values of a wrong type
    if name not in known:
        nearest = difflib.get_close_matches(name[:100], known, 1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
        problems.append(f"{asked.origin if asked else root}: board: there is no device profile {show(name)}; {hint}")
        return []
    path = data_dir("device_profiles") / f"{name}.toml"
    values = from_file(path, problems, may_be_absent=False)
    named = [] if asked else [Given("board", name, "detected", path.parent)]
    return [*named, *(value._replace(origin=f"device profile {name}") for value in values)]


def _merge(given: Sequence[Given], home: Path, problems: Problems) -> tuple[dict[str, object], dict[str, str]]:
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for key, raw, origin, base in given:
        kind, secret = FIELDS[key]
        try:
            values[key] = check(kind, raw, base=base, home=home, secret=secret)
        except WrongValueError as error:
            problems.append(f"{origin}: {key}: {error}")
        origins[key] = origin
    return values, origins


def _build(values: Mapping[str, object], origins: Mapping[str, str]) -> Profile:
    parts: dict[str, Any] = {key: value for key, value in values.items() if "." not in key}
    hints = get_type_hints(Profile)
    for section in SECTIONS:
        inside = {k.partition(".")[2]: v for k, v in values.items() if k.startswith(f"{section}.")}
        parts[section] = hints[section](**inside)
    return Profile(**parts, origins=MappingProxyType(dict(origins)))


def _contradictions(profile: Profile) -> Iterator[str]:
    """What is right by itself and wrong together."""

    def told(key: str, problem: str) -> str:
        return f"{profile.origin(key)}: {key}: {problem}"

    endpoint, audio, mqtt = profile.endpoint, profile.audio, profile.mqtt
    for key, value in (("late_ms", endpoint.late_ms), ("no_speech_ms", endpoint.no_speech_ms)):
        if value >= endpoint.max_ms:
            yield told(f"endpoint.{key}", f"{value} must be less than endpoint.max_ms, which is {endpoint.max_ms}")
    for shorter, longer in (("early_ms", "silence_ms"), ("silence_ms", "late_ms")):
        low, high = getattr(endpoint, shorter), getattr(endpoint, longer)
        if low > high:
            yield told(f"endpoint.{shorter}", f"{low} must not be more than endpoint.{longer}, which is {high}")
    if audio.pre_roll_ms > audio.queue_frames * _FRAME_MS:
        yield told("audio.pre_roll_ms", f"{audio.pre_roll_ms} is more than audio.queue_frames hold")
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(mqtt, key) is not None and not mqtt.tls:
            # Silence here would send the password in the clear to someone who meant to encrypt it.
            yield told(f"mqtt.{key}", "is set, but mqtt.tls is not true")
    if mqtt.key_file is not None and mqtt.cert_file is None:
        yield told("mqtt.key_file", "is set, but mqtt.cert_file, whose key it is, is not")
    upstream = profile.upstream
    for carrier, key in (("folder", "folder"), ("https", "url")):
        if upstream.carrier == carrier and getattr(upstream, key) is None:
            yield told("upstream.carrier", f"is {carrier}, but upstream.{key} is not set")
