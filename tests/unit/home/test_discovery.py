"""Discovery messages as Zigbee2MQTT, ESPHome and Tasmota write them, and everything that is none."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.home import schema
from edge.home.discovery import MAX_BYTES, DeviceConfig, Discovery, DiscoveryError, parse, slug


def read(topic: str, message: object) -> Discovery:
    return parse(topic, json.dumps(message).encode())


def one(topic: str, message: object) -> DeviceConfig:
    (config,) = read(topic, message).configs
    return config


ZIGBEE_LIGHT: dict[str, Any] = {
    "availability": [
        {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
        {"topic": "zigbee2mqtt/Lamp/availability", "value_template": "{{ value_json.state }}"},
    ],
    "availability_mode": "all",
    "brightness": True,
    "brightness_scale": 254,
    "command_topic": "zigbee2mqtt/Lamp/set",
    "default_entity_id": "light.lamp",
    "device": {
        "identifiers": ["zigbee2mqtt_0x00158d0001"],
        "manufacturer": "IKEA",
        "model": "TRADFRI bulb",
        "name": "Lamp",
        "suggested_area": "Living Room",
    },
    "effect": True,
    "effect_list": ["blink", "breathe"],
    "max_mireds": 454,
    "min_mireds": 250,
    "name": None,
    "origin": {"name": "Zigbee2MQTT", "sw": "2.1.0", "url": "https://www.zigbee2mqtt.io"},
    "schema": "json",
    "state_topic": "zigbee2mqtt/Lamp",
    "supported_color_modes": ["xy", "color_temp"],
    "unique_id": "0x00158d0001_light_zigbee2mqtt",
}
TASMOTA_SWITCH = {
    "name": "Heater",
    "stat_t": "~/tele/STATE",
    "val_tpl": "{{value_json.POWER}}",
    "avty_t": "~/tele/LWT",
    "pl_avail": "Online",
    "pl_not_avail": "Offline",
    "cmd_t": "~/cmnd/POWER",
    "pl_off": "OFF",
    "pl_on": "ON",
    "~": "tasmota/plug",
    "uniq_id": "8E0F1A_RL_1",
    "dev": {"ids": ["8E0F1A"], "name": "Bath Plug", "sa": "Bathroom"},
}
ESPHOME_COVER = {
    "name": "Garage Door",
    "dev_cla": "garage",
    "stat_t": "garage/cover/door/state",
    "cmd_t": "garage/cover/door/command",
    "pos_t": "garage/cover/door/position/state",
    "set_pos_t": "garage/cover/door/position/command",
    "avty_t": "garage/status",
    "uniq_id": "ESPcoverdoor",
    "obj_id": "garage_door_cover",
    "dev": {"ids": "a4cf12", "name": "garage", "sw": "esphome v2025.1", "mdl": "d1_mini", "mf": "espressif"},
}


def test_zigbee2mqtt_light() -> None:
    config = one("homeassistant/light/0x00158d0001/light/config", ZIGBEE_LIGHT)
    assert (config.domain, config.name, config.object_id, config.area) == ("light", "Lamp", "lamp", "Living Room")
    assert config.texts("supported_color_modes") == ("xy", "color_temp")
    assert config.number("brightness_scale") == 254
    assert config.availability_mode == "all"
    assert [a.topic for a in config.availability] == ["zigbee2mqtt/bridge/state", "zigbee2mqtt/Lamp/availability"]
    assert config.availability[0].online == "online"
    assert config.availability[0].template is not None


def test_tasmota_switch() -> None:
    config = one("homeassistant/switch/8E0F1A_RL_1/config", TASMOTA_SWITCH)
    assert config.name == "Bath Plug Heater"
    assert config.area == "Bathroom"
    assert config.text("state_topic") == "tasmota/plug/tele/STATE"
    assert config.text("command_topic") == "tasmota/plug/cmnd/POWER"
    (source,) = config.availability
    assert (source.topic, source.online, source.offline) == ("tasmota/plug/tele/LWT", "Online", "Offline")


def test_esphome_cover() -> None:
    config = one("homeassistant/cover/garage/door/config", ESPHOME_COVER)
    assert config.name == "Garage Door"  # the device is "garage", and Home Assistant does not say it twice
    assert config.object_id == "garage_door_cover"
    assert config.text("payload_stop") == "STOP"
    assert config.text("device_class") == "garage"


def test_device_form() -> None:
    message = {
        "dev": {"ids": ["0AFFD2"], "name": "Weather Station", "sa": "Garden"},
        "o": {"name": "bla2mqtt"},
        "state_topic": "station/state",
        "availability": {"t": "station/status"},
        "cmps": {
            "temperature": {
                "p": "sensor",
                "device_class": "temperature",
                "unit_of_measurement": "°C",
                "value_template": "{{ value_json.t }}",
                "unique_id": "t1",
            },
            "rain": {
                "p": "binary_sensor",
                "dev_cla": "moisture",
                "name": "Rain",
                "stat_t": "station/rain",
                "uniq_id": "r",
            },
            "old": {"p": "sensor"},
            "picture": {"p": "camera", "uniq_id": "f"},
            "broken": {"p": "switch", "cmd_t": 7},
            "nameless": {"cmd_t": "x"},
            "wrong": "text",
        },
    }
    found = read("homeassistant/device/0AFFD2/config", message)
    assert [c.key for c in found.configs] == [
        "homeassistant/device/0AFFD2/config#temperature",
        "homeassistant/device/0AFFD2/config#rain",
    ]
    temperature, rain = found.configs
    assert temperature.name == "Weather Station Temperature"
    assert temperature.text("state_topic") == "station/state"
    assert temperature.area == "Garden"
    assert rain.name == "Weather Station Rain"
    assert rain.text("state_topic") == "station/rain"
    assert [a.topic for a in rain.availability] == ["station/status"]
    assert [error.code for error in found.errors] == [
        "discovery.unknown_component",
        "discovery.wrong_type",
        "discovery.missing_key",
        "discovery.wrong_type",
    ]


def test_a_device_that_moves_to_the_other_form_takes_its_old_announcement_back() -> None:
    assert read("homeassistant/switch/x/config", {"migrate_discovery": True}) == read(
        "homeassistant/switch/x/config", {"migr_discvry": True}
    )
    assert read("homeassistant/switch/x/config", {"migrate_discovery": True}).configs == ()
    assert one("homeassistant/switch/x/config", {"cmd_t": "a", "migrate_discovery": True}).text("command_topic") == "a"


def test_one_availability_without_a_list() -> None:
    config = one(
        "homeassistant/switch/x/config", {"cmd_t": "a", "avty": {"t": "up", "pl_avail": "yes"}, "avty_mode": "any"}
    )
    assert [(a.topic, a.online, a.offline) for a in config.availability] == [("up", "yes", "offline")]
    assert config.availability_mode == "any"


def test_what_the_mirror_has_to_apply() -> None:
    config = one(
        "homeassistant/binary_sensor/x/config", {"stat_t": "a", "exp_aft": "90", "off_dly": 5, "frc_upd": True}
    )
    assert (config.number("expire_after"), config.number("off_delay")) == (90, 5)
    assert one("homeassistant/sensor/x/config", {"stat_t": "a"}).number("expire_after") is None
    assert one("homeassistant/sensor/x/config", {"stat_t": "a", "e": "latin-1"}).text("encoding") == "latin-1"
    assert one("homeassistant/sensor/x/config", {"stat_t": "a"}).text("encoding") == "utf-8"


@pytest.mark.parametrize(
    "encoding", ["no such", "rot13", 8, "a\0b", "idna", "Punycode", "unicode-escape", "raw-unicode-escape"]
)
def test_an_encoding_that_is_none(encoding: object) -> None:
    with pytest.raises(DiscoveryError, match="encoding"):
        read("homeassistant/sensor/x/config", {"stat_t": "a", "e": encoding})


def test_an_alarms_code_is_in_no_text() -> None:
    config = one("homeassistant/alarm_control_panel/x/config", {"cmd_t": "a", "stat_t": "b", "code": "4711"})
    assert config.text("code") == "4711"
    assert "4711" not in repr(config)


def test_an_empty_payload_removes() -> None:
    assert parse("homeassistant/light/x/config", b"").configs == ()
    assert parse("homeassistant/device/x/config", b"").configs == ()


def test_what_is_disabled_by_default_is_not_there() -> None:
    message = {"state_topic": "a", "enabled_by_default": False}
    assert read("homeassistant/sensor/x/config", message).configs == ()


@pytest.mark.parametrize(
    ("device", "own", "expected"),
    [
        ("Kettle", {"name": None}, "Kettle"),
        ("Kettle", {}, "Kettle"),
        ("Kettle", {"name": "Power"}, "Kettle Power"),
        ("Kettle", {"name": "Kettle"}, "Kettle"),
        ("Kettle", {"name": "kettle power"}, "kettle power"),
        ("Kettle", {"name": "Kettles"}, "Kettle Kettles"),
        (None, {"name": "Power"}, "Power"),
        (None, {}, "Kitchen plug"),
        ("Anna’s, “Bed”", {"name": "🛏️"}, "Anna’s, “Bed” 🛏️"),
        ("🛁", {}, "🛁"),
        ("two\nlines\t of \u0000 it", {}, "two lines of it"),
        (7, {"name": 3.5}, "7 3.5"),
    ],
)
def test_names(device: object, own: dict[str, object], expected: str) -> None:
    message = {"command_topic": "t", **own, **({"device": {"name": device}} if device is not None else {})}
    assert one("homeassistant/switch/kitchen_plug/config", message).name == expected


def test_a_sensor_without_a_name_is_named_by_its_class() -> None:
    message = {"state_topic": "t", "device_class": "carbon_dioxide", "dev": {"name": "Office Air"}}
    assert one("homeassistant/sensor/x/config", message).name == "Office Air Carbon dioxide"


def test_a_long_name_is_cut_after_a_word() -> None:
    config = one("homeassistant/switch/x/config", {"command_topic": "t", "name": "lamp " * 60, "object_id": "x" * 300})
    assert config.name == ("lamp " * 24).strip()
    assert config.object_id == "x" * 120
    assert one("homeassistant/switch/x/config", {"command_topic": "t", "name": "y" * 300}).name == "y" * 120


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"default_entity_id": "switch.tea", "object_id": "no", "name": "No"}, "tea"),
        ({"object_id": "Tea Pot", "name": "No"}, "tea_pot"),
        ({"name": "Anna's Café"}, "anna_s_cafe"),
        ({"name": "Кухня"}, "кухня"),
        ({"name": "🛁"}, "plug_1"),
    ],
)
def test_object_ids(message: dict[str, object], expected: str) -> None:
    assert one("homeassistant/switch/plug-1/config", {"command_topic": "t", **message}).object_id == expected


def test_a_slug_may_be_empty() -> None:
    assert slug("🛁 – !") == ""


def test_null_takes_a_payload_away_but_no_other_default() -> None:
    config = one("homeassistant/cover/x/config", {"command_topic": "t", "payload_stop": None, "state_open": None})
    assert config.text("payload_stop") is None
    assert config.text("state_open") == "open"


def test_base_topic_at_either_end() -> None:
    message = {"~": "a/b", "stat_t": "~/s", "val_tpl": "~", "avty": [{"t": "up/~"}]}
    with pytest.raises(DiscoveryError) as caught:
        read("homeassistant/sensor/x/config", message | {"val_tpl": 3})
    assert caught.value.code == "discovery.wrong_type"
    config = one("homeassistant/sensor/x/config", message)
    assert (config.text("state_topic"), config.availability[0].topic) == ("a/b/s", "up/a/b")
    template = config.template("value_template")
    assert template is not None
    assert template.source == "~"


SWITCH = "homeassistant/switch/x/config"


@pytest.mark.parametrize(
    ("topic", "payload", "code"),
    [
        ("homeassistant/light/config", b"{}", "discovery.bad_topic"),
        ("homeassistant/a/b/c/d/config", b"{}", "discovery.bad_topic"),
        ("other/light/x/config", b"{}", "discovery.bad_topic"),
        (SWITCH, b"ON", "discovery.not_json"),
        (SWITCH, b"\xff\xfe", "discovery.not_json"),
        (SWITCH, b"[" * 60_000, "discovery.not_json"),
        (SWITCH, b" " * (MAX_BYTES + 1), "discovery.too_big"),
        (SWITCH, b"[]", "discovery.wrong_type"),
        (SWITCH, b"null", "discovery.wrong_type"),
        (SWITCH, b"{}", "discovery.missing_key"),
        (SWITCH, b'{"command_topic": ""}', "discovery.wrong_type"),
        (SWITCH, b'{"command_topic": "a/#"}', "discovery.wrong_type"),
        (SWITCH, b'{"command_topic": "a\\ud800"}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "payload_on": {}}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "payload_on": "\\ud800"}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "name": []}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "dev": "x"}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "dev": {"sa": true}}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "val_tpl": "{{ value"}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "qos": 3}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "opt": "perhaps"}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "~": 1}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "avty_mode": "some"}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "avty": "x"}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "avty": ["x"]}', "discovery.wrong_type"),
        (SWITCH, b'{"cmd_t": "a", "avty": [{}]}', "discovery.missing_key"),
        ("homeassistant/light/x/config", b'{"cmd_t": "a", "bri_scl": 0}', "discovery.wrong_type"),
        ("homeassistant/light/x/config", b'{"cmd_t": "a", "bri_scl": NaN}', "discovery.wrong_type"),
        ("homeassistant/light/x/config", b'{"cmd_t": "a", "schema": "template"}', "discovery.missing_key"),
        ("homeassistant/climate/x/config", b'{"max_temp": 1' + b"0" * 400 + b"}", "discovery.wrong_type"),
        ("homeassistant/light/x/config", b'{"cmd_t": "a", "schema": "other"}', "discovery.unknown_component"),
        ("homeassistant/siren/x/config", b"{}", "discovery.missing_key"),
        ("homeassistant/select/x/config", b'{"cmd_t": "a"}', "discovery.missing_key"),
        ("homeassistant/event/x/config", b'{"stat_t": "a"}', "discovery.missing_key"),
        ("homeassistant/number/x/config", b'{"cmd_t": "a", "step": 0}', "discovery.wrong_type"),
        ("homeassistant/camera/x/config", b"{}", "discovery.unknown_component"),
        ("homeassistant/device/x/config", b"{}", "discovery.wrong_type"),
        ("homeassistant/device/x/config", b'{"cmps": []}', "discovery.wrong_type"),
    ],
)
def test_refuses(topic: str, payload: bytes, code: str) -> None:
    with pytest.raises(DiscoveryError) as caught:
        parse(topic, payload)
    assert caught.value.code == code


_KEYS = sorted({key for keys in schema.SCHEMAS.values() for key in keys} | {"~", "avty", "dev", "name", "cmps", "p"})
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS) | st.text(), inner, max_size=5),
    max_leaves=12,
)
_MESSAGES = st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=8)
_COMPONENTS = st.sampled_from([*schema.SCHEMAS, "device", "camera"])


def outcome(topic: str, payload: bytes) -> str:
    try:
        found = parse(topic, payload)
    except DiscoveryError as error:
        return error.code
    return "usable" if all(config.name and config.object_id for config in found.configs) else "nameless"


@settings(derandomize=True, deadline=None)
@given(_COMPONENTS, _MESSAGES | _JSON, st.booleans())
def test_no_message_raises_anything_else(component: str, message: object, whole: bool) -> None:
    if whole and isinstance(message, dict):
        message = {"command_topic": "c", "state_topic": "s", "cmps": {"a": {"p": "light", **message}}, **message}
    code = outcome(f"homeassistant/{component}/x/config", json.dumps(message).encode())
    assert code == "usable" or code.startswith("discovery.")


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=30))
def test_no_bytes_raise_anything_else(payload: bytes, topic: str) -> None:
    for path in (SWITCH, topic, f"homeassistant/{topic}/config"):
        code = outcome(path, payload)
        assert code == "usable" or code.startswith("discovery.")
