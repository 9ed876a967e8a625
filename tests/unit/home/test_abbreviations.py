"""Short keys stand for keys that are read, and all that Home Assistant has a short form for have one here."""

from collections.abc import Mapping

import pytest

from edge.home import abbreviations, schema

# Short forms that Home Assistant has for keys that the hub has no use for, or that are no entity's own.
_ELSEWHERE = {"availability", "availability_mode", "availability_template", "availability_topic", "components"}
_ELSEWHERE |= {"default_entity_id", "device", "origin", "object_id", "platform", "topic", "unique_id"}
_ELSEWHERE |= {"payload_available", "payload_not_available", "migrate_discovery"}
# Keys that Home Assistant's list leaves long, or lists as their own short form.
_LONG = {
    *("max_temp", "min_temp", "temp_step", "modes", "fan_modes", "swing_modes", "tilt_min", "tilt_max"),
    *("schema", "effect", "brightness", "hs", "rgb", "rgbw", "rgbww", "xy", "color_temp"),
    *("code", "qos", "min", "max", "step", "mode"),
}


@pytest.mark.parametrize("table", [abbreviations.ENTITY, abbreviations.DEVICE, abbreviations.ORIGIN])
def test_no_key_has_two_short_forms(table: Mapping[str, str]) -> None:
    assert len(set(table.values())) == len(table)
    assert not set(table) & set(table.values())


def test_every_short_form_stands_for_a_key_that_is_read() -> None:
    known = {key for keys in schema.SCHEMAS.values() for key in keys} | _ELSEWHERE
    assert set(abbreviations.ENTITY.values()) <= known


def test_every_other_key_has_a_short_form() -> None:
    known = {key for domain, keys in schema.SCHEMAS.items() for key in keys if domain != "media_player"}
    assert known - set(abbreviations.ENTITY.values()) == _LONG
