from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path

import pytest
from machine import Machine, write

from edge.board import detect_board
from edge.core.errors import InputError
from edge.profile import Profile, boards, mqtt_password
from edge.settings import FIELDS, SECTIONS, WHISPER_RAM_MIB, MqttSettings


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# --- what wins -----------------------------------------------------------------------------------------------------


def test_each_layer_wins_over_the_one_before(machine: Machine) -> None:
    def threads() -> tuple[int, str]:
        profile = machine.load(config=config, environ=environ, overrides=overrides)
        return profile.budget.threads, profile.origin("budget.threads")

    config: Path | None = None
    environ: dict[str, str] = {}
    overrides: list[str] = []
    assert threads() == (2, "device profile x86-64")
    write(machine.system, "[budget]\nthreads = 11\n")
    assert threads() == (11, f"{machine.system}:2")
    write(machine.user, "\n[budget]\n\nthreads = 12\n")
    assert threads() == (12, f"{machine.user}:4")
    config = write(machine.folder / "my.toml", "budget.threads = 13")
    assert threads() == (13, f"{config}:1")
    environ = {"EDGE_BUDGET__THREADS": "14"}
    assert threads() == (14, "EDGE_BUDGET__THREADS")
    overrides = ["budget.threads=15", "budget.threads = 16"]
    assert threads() == (16, "command line")


def test_without_any_configuration_there_is_no_broker_and_everything_has_its_default(machine: Machine) -> None:
    profile = machine.load()
    assert profile.mqtt.host is None
    assert (profile.language, profile.wake.models, profile.asr.model) == ("en", ("hey_jarvis",), "vosk-small-en-us")
    assert profile.origin("mqtt.port") == "default"
    assert profile.paths.data_dir == machine.home / ".local/share/edge"
    assert profile.paths.custom_sentences == machine.home / ".config/edge/custom_sentences"
    bare = Profile(board="x86-64", budget=profile.budget, paths=profile.paths)
    assert bare == profile


def test_configuration_follows_xdg_and_ignores_its_relative_paths(machine: Machine) -> None:
    write(machine.folder / "xdg/edge/edge.toml", 'language = "de"')
    environ = {"XDG_CONFIG_HOME": str(machine.folder / "xdg"), "XDG_DATA_HOME": "relative"}
    profile = machine.load(environ=environ)
    assert profile.language == "de"
    assert profile.paths.data_dir == machine.home / ".local/share/edge"


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("EDGE_MQTT__HOST", "broker.local", "mqtt.host", "broker.local"),
        ("EDGE_MQTT__HOST", "", "mqtt.host", None),
        ("EDGE_MQTT__TLS", "true", "mqtt.tls", True),
        ("EDGE_AUDIO__DEVICE", "2", "audio.device", "2"),
        ("EDGE_WAKE__SENSITIVITY", "1", "wake.sensitivity", 1.0),
        ("EDGE_WAKE__MODELS", "okay_nabu, alexa", "wake.models", ("okay_nabu", "alexa")),
        ("EDGE_WAKE__MODELS", '["alexa"]', "wake.models", ("alexa",)),
        ("EDGE_HOME__FLOORS", '{ground = ["kitchen"]}', "home.floors", {"ground": ("kitchen",)}),
        ("EDGE_HOME__AREA", "Küche", "home.area", "Küche"),
        ("EDGE_PATHS__DATA_DIR", "/srv/edge", "paths.data_dir", Path("/srv/edge")),
    ],
)
def test_environment_is_read_as_the_field_s_type(
    machine: Machine, variable: str, text: str, key: str, value: object
) -> None:
    section, _, name = key.partition(".")
    assert getattr(getattr(machine.load(environ={variable: text}), section), name) == value
    override = f"{key}={text}"
    assert getattr(getattr(machine.load(overrides=[override]), section), name) == value


def test_language_and_board_come_from_any_layer(machine: Machine) -> None:
    write(machine.user, 'board = "raspberry-pi-3"\nlanguage = "nl"\n')
    profile = machine.load(board=None)
    assert (profile.board, profile.language, profile.asr.engine) == ("raspberry-pi-3", "nl", "pocketsphinx")
    assert profile.origin("board") == f"{machine.user}:1"
    profile = machine.load(board=None, environ={"EDGE_BOARD": "raspberry-pi-5"})
    assert profile.board == "raspberry-pi-5"
    assert machine.load(board="raspberry-pi-4").board == "raspberry-pi-4"


def test_variables_that_are_no_settings_are_left_alone(machine: Machine) -> None:
    others = {"EDGE_MQTT_PASSWORD": "x", "EDGE_MODELS_DIR": "/x", "EDGEWISE__HOST": "x", "EDGE_MQTT": "x"}
    assert machine.load(environ=others) == machine.load()


def test_relative_paths_start_where_they_are_written(machine: Machine) -> None:
    write(machine.user, '[mqtt]\npassword_file = "secret"\n[paths]\ncustom_sentences = "~/sentences"\n')
    profile = machine.load(overrides=["paths.data_dir=data"])
    assert profile.mqtt.password_file == machine.user.parent / "secret"
    assert profile.paths.custom_sentences == machine.home / "sentences"
    assert profile.paths.data_dir == Path("data")


def test_a_profile_cannot_be_changed(machine: Machine) -> None:
    write(machine.user, '[home.floors]\nground = ["kitchen", "hall"]\n')
    profile = machine.load()
    with pytest.raises(FrozenInstanceError):
        profile.mqtt.port = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        profile.home.floors["attic"] = ()  # type: ignore[index]


# --- what is wrong is named ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[mqtt]\nhsot = "x"', "2: there is no setting 'mqtt.hsot'; did you mean mqtt.host?"),
        ('\nhost = "x"', "2: there is no setting 'host'; did you mean mqtt.host?"),
        ("[mqqt]\nport = 1", "1: there is no setting 'mqqt'"),
        ("[mqtt]\nport = 99999", "2: mqtt.port: expected a whole number from 1 to 65535, found 99999"),
        ("[mqtt]\nport = 0", "2: mqtt.port: expected a whole number from 1 to 65535, found 0"),
        ('[mqtt]\n\nport = "1883"', "3: mqtt.port: expected a whole number from 1 to 65535, found '1883'"),
        ("mqtt = 3", "1: mqtt: expected a table, found 3"),
        ("mqtt = {tls = 1}", "1: mqtt.tls: expected true or false, found 1"),
        ("[mqtt] # broker\n'tls' = 1", "2: mqtt.tls: expected true or false, found 1"),
        ("[mqtt]\nport = true", "2: mqtt.port: expected a whole number from 1 to 65535, found true"),
        ("[mqtt]\nport = 1883.0", "2: mqtt.port: expected a whole number from 1 to 65535, found 1883.0"),
        ("[mqtt]\nport = 0x" + "f" * 9000, "2: mqtt.port: expected a whole number from 1 to 65535, found a very large"),
        ("[wake]\nthreshold = 1.5", "2: wake.threshold: expected a number from 0.01 to 0.99, found 1.5"),
        ("[wake]\nthreshold = nan", "2: wake.threshold: expected a number from 0.01 to 0.99, found nan"),
        ("[wake]\nmodels = []", "2: wake.models: expected a list of at least one name, found an empty list"),
        (
            "[wake]\nmodels = [1]",
            "2: wake.models: expected a model's id, as edge models list shows it, or a model's file, found 1",
        ),
        (
            '[wake]\nmodels = ["../x"]',
            "2: wake.models: expected a model's id, as edge models list shows it, or a model's file, found '../x'",
        ),
        ("[act]\nconfirm_ms = 0", "2: act.confirm_ms: expected a whole number from 1 to 600000 milliseconds, found 0"),
        (
            '[asr]\nengine = "siri"',
            "2: asr.engine: expected one of auto, pocketsphinx, vosk, whisper, together, found 'siri'",
        ),
        ('[mqtt]\nhost = "mqtt://x"', "2: mqtt.host: expected a host name or address alone, without mqtt://, found"),
        ('[mqtt]\nprefix = "a/#"', "2: mqtt.prefix: expected an MQTT topic without + and #, such as edge, found 'a/#'"),
        (
            '[mqtt]\nusername = "a\\u0000b"',
            "2: mqtt.username: expected a name of at most 200 characters without control",
        ),
        ("[home]\nfloors = 3", "2: home.floors: expected a table, found 3"),
        ("[home.floors]\nattic = 3", "1: home.floors: expected a list of at least one name, found 3"),
        ("[paths]\ndata_dir = 1979-05-27", "2: paths.data_dir: expected a path, found 1979-05-27"),
        (
            'board = "raspbery-pi-4"',
            "1: board: there is no device profile 'raspbery-pi-4'; did you mean raspberry-pi-4?",
        ),
        ('board = "vax"', "1: board: there is no device profile 'vax'; known are generic-aarch64, raspberry-pi-3,"),
        ("board = 4", "1: board: expected text, found 4"),
        ('"mqtt.host" = "x"', "1: there is no setting 'mqtt.host'"),
        ('[mqtt]\n"" = 1', "2: there is no setting 'mqtt.'"),
        ("[mqtt\nport = 1", " Expected"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line(machine: Machine, text: str, told: str) -> None:
    write(machine.user, text)
    assert machine.problems(board=None, environ={}).startswith(f"{machine.user}:{told}")


def test_several_mistakes_are_told_together_even_where_a_later_layer_wins(machine: Machine) -> None:
    write(machine.system, "[mqtt]\nport = -1\n")
    write(machine.user, "[mqtt]\nport = 1883\nkeepalive_s = 1\n")
    told = machine.problems(environ={"EDGE_MQTT__HSOT": "x"}, overrides=["mqtt.tls=maybe", "nonsense"]).splitlines()
    assert told == [
        "5 settings are wrong:",
        "  environment: there is no setting 'mqtt.hsot'; did you mean mqtt.host? ('EDGE_MQTT__HSOT')",
        "  command line: setting 2: expected section.key=value, such as mqtt.host=broker",
        f"  {machine.system}:2: mqtt.port: expected a whole number from 1 to 65535, found -1",
        f"  {machine.user}:3: mqtt.keepalive_s: expected a whole number from 5 to 3600 seconds, found 1",
        "  command line: mqtt.tls: expected true or false, found 'maybe'",
    ]


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["endpoint.max_ms=1000"], "default: endpoint.no_speech_ms: 5000 must be less than endpoint.max_ms"),
        (["audio.queue_frames=10"], "default: audio.pre_roll_ms: 1500 is more than audio.queue_frames hold"),
        (["mqtt.ca_file=/ca.pem"], "command line: mqtt.ca_file: is set, but mqtt.tls is not true"),
        (["mqtt.cert_file=/c.pem"], "command line: mqtt.cert_file: is set, but mqtt.tls is not true"),
        (
            ["mqtt.key_file=/k.pem", "mqtt.tls=true"],
            "command line: mqtt.key_file: is set, but mqtt.cert_file, whose key it is, is not",
        ),
    ],
)
def test_values_that_contradict_each_other_are_told(machine: Machine, overrides: list[str], told: str) -> None:
    assert told in machine.problems(overrides=overrides)


def test_files_that_cannot_be_read_are_told(machine: Machine) -> None:
    assert "there is no such file" in machine.problems(config=machine.folder / "absent.toml")
    machine.user.mkdir(parents=True)
    assert "Is a directory" in machine.problems()
    machine.user.rmdir()
    machine.user.write_bytes(b"\xff\xfe")
    assert "can't decode" in machine.problems()
    machine.user.write_text("x = " + "[" * 20_000)
    assert "nested too deeply" in machine.problems()
    machine.user.write_text("#" * 1_000_001)
    assert "larger than a configuration can be" in machine.problems()
    machine.user.write_text("x = " + "9" * 5_000)
    assert str(machine.user) in machine.problems()
    assert "embedded null" in machine.problems(config=Path("a\0b"))


# --- secrets -------------------------------------------------------------------------------------------------------

SECRET = "hunter2 hunter2"


def test_the_password_is_never_shown(machine: Machine) -> None:
    profile = machine.load(overrides=[f"mqtt.password={SECRET}"])
    assert profile.mqtt.password == SECRET
    assert SECRET not in repr(profile)
    assert SECRET not in str(profile.entries())
    assert [e.value for e in profile.entries() if e.key == "mqtt.password"] == ["(set)"]


@pytest.mark.parametrize(
    "override", [f"mqtt.pasword={SECRET}", f"mqtt.password {SECRET}", f"mqtt.password={SECRET}\n\x00x"]
)
def test_a_mistake_in_the_password_does_not_show_it(machine: Machine, override: str) -> None:
    assert "hunter2" not in machine.problems(overrides=[override])


def test_the_password_comes_from_the_first_place_that_has_one(tmp_path: Path) -> None:
    file = write(tmp_path / "file", "from file\n")
    write(tmp_path / "credentials/mqtt-password", "from systemd")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert mqtt_password(MqttSettings(), {}) is None
    assert mqtt_password(MqttSettings(), {"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None
    assert mqtt_password(MqttSettings(), systemd) == "from systemd"
    assert mqtt_password(MqttSettings(password_file=file), systemd) == "from file"
    assert mqtt_password(MqttSettings(password="set", password_file=file), systemd) == "set"
    assert mqtt_password(MqttSettings(password="set"), {"EDGE_MQTT_PASSWORD": "from environment"}) == "from environment"
    with pytest.raises(InputError, match="No such file") as raised:
        mqtt_password(MqttSettings(password_file=tmp_path / "absent"), {})
    assert raised.value.code == "config.secret"


# --- boards --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "machine_name", "memory_kib", "board"),
    [
        ("Raspberry Pi 3 Model B Plus Rev 1.3\0", "aarch64", 930_000, "raspberry-pi-3"),
        ("Raspberry Pi 3 Model A Plus Rev 1.0\0", "aarch64", 430_000, "raspberry-pi-zero-2-w"),
        ("Raspberry Pi 4 Model B Rev 1.5\0", "aarch64", 8_000_000, "raspberry-pi-4"),
        ("Raspberry Pi 400 Rev 1.1\0", "aarch64", 3_900_000, "raspberry-pi-4"),
        ("Raspberry Pi Compute Module 4S Rev 1.0\0", "aarch64", 900_000, "raspberry-pi-4"),
        ("Raspberry Pi 5 Model B Rev 1.0\0", "aarch64", 4_000_000, "raspberry-pi-5"),
        ("Raspberry Pi 500 Rev 1.0\0", "aarch64", 8_000_000, "raspberry-pi-5"),
        ("Raspberry Pi Zero 2 W Rev 1.0\0", "aarch64", 430_000, "raspberry-pi-zero-2-w"),
        ("Radxa ROCK 5B", "aarch64", 8_000_000, "generic-aarch64"),
        (None, "aarch64", None, "generic-aarch64"),
        (None, "riscv64", None, "generic-aarch64"),
        (None, "x86_64", 300_000, "x86-64"),
    ],
)
def test_boards_are_told_apart(
    tmp_path: Path, model: str | None, machine_name: str, memory_kib: int | None, board: str
) -> None:
    if model is not None:
        write(tmp_path / "proc/device-tree/model", model)
    if memory_kib is not None:
        write(tmp_path / "proc/meminfo", f"MemTotal:  {memory_kib} kB\nMemFree: 1 kB\n")
    assert detect_board(tmp_path, machine_name) == board
    assert board in boards()


@pytest.mark.parametrize("board", boards())
def test_every_device_profile_loads(machine: Machine, board: str) -> None:
    profile = machine.load(board=board)
    budget = {f"budget.{f.name}" for f in fields(profile.budget)}
    assert {key for key in profile.origins if key != "board"} == budget | {"asr.engine"}


def test_small_boards_do_without_vosk(machine: Machine) -> None:
    engines = {board: machine.load(board=board).asr.engine for board in boards()}
    assert {b for b, engine in engines.items() if engine == "pocketsphinx"} == {
        "raspberry-pi-3",
        "raspberry-pi-zero-2-w",
    }


def test_only_boards_that_afford_it_let_whisper_listen_too(machine: Machine) -> None:
    profiles = {board: machine.load(board=board) for board in boards()}
    affording = {board for board, profile in profiles.items() if profile.budget.ram_mib >= WHISPER_RAM_MIB}
    assert affording == {"raspberry-pi-5", "x86-64"}


# --- the table of settings itself ----------------------------------------------------------------------------------


def test_every_setting_is_listed_once_and_has_an_origin(machine: Machine) -> None:
    profile = machine.load()
    sections = [f.name for f in fields(Profile) if is_dataclass(getattr(profile, f.name))]
    expected = [f"{s}.{f.name}" for s in sections for f in fields(getattr(profile, s))]
    assert list(FIELDS) == ["board", "language", *expected]
    assert list(SECTIONS) == sections
    assert [entry.key for entry in profile.entries()] == list(FIELDS)
    with pytest.raises(KeyError):
        profile.origin("mqtt.hsot")
