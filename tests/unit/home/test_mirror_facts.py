"""What the mirror knows of time and origin: when a thing was heard, from where, and what follows from the clock."""

import json
from typing import Any

from edge.core.home import Entity
from edge.home.facts import Fact
from edge.home.mirror import Change, Fault, Mirror
from edge.home.mirrored import Device, Heard
from edge.home.states import STATE, Reading, Update
from edge.home.template import Payload, TemplateFailedError

CONFIG = "homeassistant/{}/x/config"


class House:
    """A mirror whose clock is set by hand."""

    def __init__(self, **settings: Any) -> None:
        self.now = 1000
        self.mirror = Mirror(clock_ms=lambda: self.now, **settings)

    def announce(self, component: str, topic: str = "x", *, retained: bool = False, **message: object) -> Change:
        message = {"command_topic": "c", "state_topic": "s", "name": "X", **message}
        payload = json.dumps(message).encode()
        return self.mirror.apply(f"homeassistant/{component}/{topic}/config", payload, retained)

    def say(self, payload: object, topic: str = "s", *, retained: bool = False) -> Change:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return self.mirror.apply(topic, text.encode(), retained)

    def entity(self, entity_id: str) -> Entity:
        return self.mirror.snapshot().entities[entity_id]

    def facts(self, entity_id: str) -> dict[str, Fact]:
        return {fact.name: fact for fact in self.mirror.facts(entity_id)}


def test_when_a_device_reported() -> None:
    house = House()
    house.announce("switch", retained=True)
    house.say("ON", retained=True)
    assert house.entity("switch.x").reported_ms is None, "the broker had kept it"
    assert house.mirror.reports("switch.x") == 0
    house.now = 2000
    assert house.say("ON") == Change(), "nothing but the time has changed"
    assert house.entity("switch.x").reported_ms == 2000
    assert house.entity("switch.x").changed_ms is None
    house.now = 3000
    house.say("OFF")
    entity = house.entity("switch.x")
    assert (entity.reported_ms, entity.changed_ms) == (3000, 3000)
    house.say("nonsense")
    assert house.mirror.reports("switch.x") == 2


def test_the_topic_that_decides_whether_it_is_there() -> None:
    house = House()
    topics = [{"topic": "lamp/availability"}, {"topic": "bridge/state", "value_template": "{{ value_json.state }}"}]
    house.announce("light", name="Lamp", availability=topics, availability_mode="all")
    house.say("offline", "lamp/availability")
    house.now = 2000
    house.say({"state": "online"}, "bridge/state")
    assert house.facts("light.lamp")["available"] == Fact("available", False, "lamp/availability", "availability_topic")
    house.now = 3000
    house.say("online", "lamp/availability")
    house.say({"state": "online"}, "bridge/state")
    fact = house.facts("light.lamp")["available"]
    assert (fact.value, fact.source, fact.detail, fact.at_ms) == (True, "bridge/state", "{{ value_json.state }}", 3000)


def test_where_it_came_from() -> None:
    house = House()
    house.announce(
        "light",
        retained=True,
        name="Lamp",
        brightness_state_topic="b",
        brightness_command_topic="b/set",
        state_value_template="{{ value_json.on }}",
        availability_topic="a",
        device={"sa": "Kitchen"},
    )
    told = "discovery homeassistant/light/x/config"
    assert house.facts("light.lamp")["state"] == Fact("state", None, told, "state_topic", None, retained=False)
    house.now = 2000
    house.say({"on": "ON"}, retained=True)
    house.now = 3000
    house.say("128", "b")
    house.now = 4000
    house.say("online", "a")
    facts = house.facts("light.lamp")
    assert facts["name"] == Fact("name", "Lamp", told, "name", 1000, retained=True)
    assert facts["area"] == Fact("area", "Kitchen", told, "suggested_area", 1000, retained=True)
    assert facts["available"] == Fact("available", True, "a", "availability_topic", 4000, retained=False)
    assert facts["state"] == Fact("state", "on", "s", "{{ value_json.on }}", 2000, retained=True)
    assert facts["brightness"] == Fact("brightness", 50, "b", "brightness_state_topic", 3000, retained=False)
    assert facts["supported_color_modes"].source == told
    assert facts.keys() == {"name", "area", "voice", "available", "state", *house.entity("light.lamp").attributes}
    assert house.mirror.facts("light.none") == ()


def test_a_state_that_no_message_named() -> None:
    house = House()
    house.announce("cover", position_topic="p")
    house.say("40", "p")
    assert house.facts("cover.x")["state"] == Fact("state", "open", "p", "position_topic", 1000, retained=False)


def test_a_sensor_expires() -> None:
    house = House()
    house.announce("sensor", expire_after=60)
    assert not house.entity("sensor.x").available, "as in Home Assistant, before the first report"
    house.say("21")
    for now, available in ((1000, True), (60_999, True), (61_000, False), (90_000, False)):
        house.now = now
        assert house.entity("sensor.x").available is available
    assert house.entity("sensor.x").state == "21"
    assert house.facts("sensor.x")["available"] == Fact("available", False, "s", "expire_after", 61_000, retained=False)
    assert house.say("21").entities == {"sensor.x"}
    assert house.entity("sensor.x").available
    house.now += 59_000
    house.say("21")
    house.now += 59_000
    assert house.entity("sensor.x").available, "every report counts anew"
    house.now += 1_000
    assert house.mirror.entity("sensor.x") == house.entity("sensor.x")
    assert not house.entity("sensor.x").available


def test_motion_that_is_only_ever_seen() -> None:
    house = House()
    house.announce("binary_sensor", off_delay=5)
    house.say("ON")
    house.now = 5999
    assert house.entity("binary_sensor.x").state == "on"
    house.say("ON")
    house.now = 10_998
    assert house.entity("binary_sensor.x").state == "on"
    house.now = 20_000
    before = house.mirror.snapshot()
    assert before.entities["binary_sensor.x"].state == "off"
    assert house.facts("binary_sensor.x")["state"].detail == "off_delay"
    assert house.say("ON").entities == {"binary_sensor.x"}
    house.say("OFF")
    house.now = 60_000
    assert house.entity("binary_sensor.x").changed_ms == 20_000
    assert before.entities["binary_sensor.x"].state == "off"


def test_what_is_due_goes_with_the_device() -> None:
    house = House()
    house.announce("sensor", expire_after=60)
    house.say("21")
    house.mirror.apply(CONFIG.format("sensor"), b"")
    house.announce("sensor", expire_after=10)
    house.now = 100_000
    assert not house.entity("sensor.x").available
    house.say("22")
    house.announce("sensor", name="Y")
    house.now = 200_000
    assert house.entity("sensor.y").available, "it does not expire any more"


def test_the_sooner_of_two_moments_counts() -> None:
    house = House()
    house.announce("binary_sensor", expire_after=3600, off_delay=30)
    house.say("OFF")
    house.now += 1000
    house.say("ON")
    house.now += 60_000
    assert house.entity("binary_sensor.x").state == "off"
    assert house.entity("binary_sensor.x").available
    house.now += 3_539_000
    assert house.entity("binary_sensor.x").available
    house.now += 1000
    assert not house.entity("binary_sensor.x").available


def test_a_time_span_that_is_announced_anew_counts_from_the_last_report() -> None:
    house = House()
    house.announce("sensor", expire_after=3600)
    house.say("21")
    house.announce("sensor", expire_after=10)
    house.now += 9_999
    assert house.entity("sensor.x").available
    house.now += 1
    assert not house.entity("sensor.x").available
    house.say("22")
    house.announce("sensor", expire_after=100)
    house.now += 99_999
    assert house.entity("sensor.x").available
    house.now += 1
    assert not house.entity("sensor.x").available


def test_time_spans_are_counted_on_a_clock_that_nobody_sets() -> None:
    wall, steady = 1_000_000, 0
    mirror = Mirror(clock_ms=lambda: wall, steady_ms=lambda: steady)
    mirror.apply(CONFIG.format("sensor"), b'{"state_topic": "s", "name": "X", "expire_after": 60}')
    mirror.apply("s", b"21")
    wall += 90 * 86_400_000
    steady += 59_999
    assert mirror.snapshot().entities["sensor.x"].available
    wall -= 180 * 86_400_000
    steady += 11
    home = mirror.snapshot()
    assert not home.entities["sensor.x"].available
    assert home.taken_ms == wall
    (fact,) = (fact for fact in mirror.facts("sensor.x") if fact.name == "available")
    assert fact.at_ms == wall - 10


def test_what_is_due_does_not_pile_up() -> None:
    house = House()
    for _ in range(1000):
        house.announce("sensor", expire_after=60)
        house.say("21")
        house.mirror.apply(CONFIG.format("sensor"), b"")
    assert len(house.mirror._due._heap) < 100


def test_devices_write_in_their_own_encoding() -> None:
    house = House()
    house.announce("sensor", topic="a", name="A", encoding="latin-1")
    house.announce("sensor", topic="b", name="B", encoding="utf-16-le")
    house.announce("sensor", topic="c", name="C")
    assert house.mirror.apply("s", "21 °C".encode("latin-1")).entities == {"sensor.a"}
    assert house.entity("sensor.a").state == "21 °C"
    assert house.mirror.apply("s", "22 °C".encode("utf-16-le")).entities >= {"sensor.a", "sensor.b"}
    assert house.entity("sensor.b").state == "22 °C"
    house.mirror.apply("s", "23 °C".encode())
    assert house.entity("sensor.c").state == "23 °C"


def failing(option: str) -> Reading:
    def read(payload: Payload) -> Update:
        if payload.text == "bad":
            error = TemplateFailedError()
            error.key = option
            raise error
        return {STATE: payload.text}

    return Reading("s", read, "state_topic")


def test_a_template_that_fails_marks_its_entity_and_names_itself_once() -> None:
    house = House()
    house.announce("sensor")
    device = house.mirror._devices[CONFIG.format("sensor")]
    device.readings = (failing("value_template"),)
    house.mirror._listeners["s"] = {CONFIG.format("sensor"): device.route("s")}
    house.say("21")
    assert house.say("bad").faults == (Fault("sensor.x", "value_template"),)
    assert house.say("bad") == Change()
    entity = house.entity("sensor.x")
    assert (entity.state, entity.attributes["template_error"]) == ("21", "value_template")
    assert house.facts("sensor.x")["template_error"].detail == "value_template"
    assert house.say("21").entities == {"sensor.x"}
    assert "template_error" not in house.entity("sensor.x").attributes
    assert house.say("bad").faults, "it had worked again"


def test_devices_that_were_not_announced_again() -> None:
    house = House()

    def announce(name: str, topic: str, *, retained: bool = True) -> Change:
        return house.announce("switch", topic=name.lower(), name=name, state_topic=topic, retained=retained)

    for name in "ABC":
        announce(name, f"s/{name}")
    house.mirror.begin_round()
    announce("A", "s/A")
    assert announce("D", "s/A") == Change(subscribe=frozenset({"s/A"}))
    assert house.mirror.end_round(drop_missing=False).entities == {"switch.d"}, "named when the round is over"
    announce("B", "s/B", retained=False)
    house.mirror.begin_round()
    announce("A", "s/A")
    change = house.mirror.end_round(drop_missing=True)
    assert change.entities == {"switch.b", "switch.c", "switch.d"}
    assert change.unsubscribe == {"s/B", "s/C"}
    assert change.structure
    assert set(house.mirror.snapshot().entities) == {"switch.a"}


def test_a_device_that_the_broker_never_kept_stays_over_an_outage() -> None:
    house = House()
    for _ in range(2):
        house.announce("switch")
        house.mirror.begin_round()
        assert house.mirror.end_round(drop_missing=True) == Change()
        assert set(house.mirror.snapshot().entities) == {"switch.x"}
        house.announce("switch", retained=True)
        house.mirror.apply(CONFIG.format("switch"), b"")


def test_who_looks_during_a_round_sees_names() -> None:
    house = House()
    house.mirror.begin_round()
    house.announce("switch", name="A")
    assert set(house.mirror.snapshot().entities) == {"switch.a"}
    house.say("ON")
    assert house.entity("switch.a").state == "on"
    assert house.mirror.end_round(drop_missing=False).entities == {"switch.a"}


def test_structure_is_told_from_state() -> None:
    house = House()
    assert house.announce("switch").structure
    assert not house.say("ON").structure
    assert not house.announce("switch").structure
    assert house.announce("switch", name="Y").structure
    assert house.mirror.apply(CONFIG.format("switch"), b"").structure


def test_a_flood_is_bounded() -> None:
    house = House(max_devices=10)
    for n in range(50):
        change = house.announce("switch", topic=f"t{n}", name=f"N{n}")
        assert [error.code for error in change.errors] == (["discovery.too_many"] if n >= 10 else [])
    parts = {f"p{n}": {"p": "switch", "name": f"P{n}", "command_topic": "c"} for n in range(20)}
    assert len(house.mirror.snapshot().entities) == 10
    house.mirror.apply("homeassistant/switch/t0/config", b"")
    change = house.say({"dev": {"ids": "d"}, "cmps": parts}, "homeassistant/device/d/config")
    assert [error.code for error in change.errors] == ["discovery.too_many"]
    assert len(house.mirror.snapshot().entities) == 10
    assert house.announce("switch", topic="t1", name="M").entities == {"switch.n1", "switch.m"}, (
        "those within may change"
    )


def test_a_device_says_when_it_was_described() -> None:
    device = Device.of(next(iter(_configs())), Heard("t", "", 7, retained=True))
    assert device.told.at_ms == 7


def _configs() -> Any:
    from edge.home import discovery

    return discovery.parse(CONFIG.format("switch"), b'{"command_topic": "c", "name": "X"}').configs
