"""A name that is taught is one more name of its device, and of nothing else."""

from dataclasses import replace

import pytest

from edge.core.home import Voice
from edge.house import StillHome
from edge.hub import Hub
from edge.rewrite.teach import MAX_NAMES
from tests.unit.rewrite.taught import HOME, LAMP_OFF, Start, deeds, refused, reply


def test_a_name_is_not_that_of_what_stands_in_its_place(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    reply(hub, "call the blinds the big one")
    assert deeds(hub, "close the big one") == [("cover.living_room_blinds", "close")]
    blinds = HOME.entities["cover.living_room_blinds"]
    gate = replace(blinds, attributes={**blinds.attributes, "device_class": "gate"}, voice=Voice.ALLOWED)
    hub.home = StillHome(replace(HOME, entities={**HOME.entities, gate.entity_id: gate}))
    assert deeds(hub, "open the big one") == []
    assert deeds(hub, "open the big one") == []
    assert [record.message.partition(":")[0] for record in caplog.records] == ["teach.name_void"]
    assert "give the name anew" in reply(hub, "what have you learned")
    hub.home = StillHome(HOME)
    assert deeds(hub, "close the big one") == [("cover.living_room_blinds", "close")]


def test_a_name_is_one_more_name(start: Start) -> None:
    hub = start()
    assert reply(hub, "call the lamp in the hall the big one") == "OK, I will also call Hall Light the “big one”"
    assert (
        deeds(hub, "turn on the big one") == deeds(hub, "turn on the hall light") == [("light.hall_light", "turn_on")]
    )
    assert deeds(start(), "turn on the big one") == [("light.hall_light", "turn_on")]
    assert "big one" in hub.snapshot().entities["light.hall_light"].aliases
    reply(hub, "forget the big one")
    assert deeds(hub, "turn on the big one") == []


@pytest.mark.parametrize("name", ["everything", "all lights", "kitchen lights", "lights", "blinds", "curtains"])
def test_a_name_is_none_that_says_more_already(hub: Hub, name: str) -> None:
    assert "Sorry" in reply(hub, f"call the lamp in the hall {name}")
    assert name not in hub.snapshot().entities["light.hall_light"].aliases


@pytest.mark.parametrize("name", ["big one", "reading light", "bertha", "twinkle"])
def test_other_names_are_taken(hub: Hub, name: str) -> None:
    reply(hub, f"call the lamp in the hall {name}")
    assert name in hub.snapshot().entities["light.hall_light"].aliases


def test_names_have_a_bound(hub: Hub) -> None:
    for number in range(MAX_NAMES):
        hub.lessons.name("light.floor_lamp", f"bertha {number}")
    assert refused(hub, "call the hall light sunny") == "teach.too_many"
    assert deeds(hub, "turn off bertha 7") == LAMP_OFF
