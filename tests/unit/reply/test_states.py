"""States as people say them."""

import pytest

from edge.core.home import Entity
from edge.reply.states import spoken_state


@pytest.mark.parametrize(
    ("domain", "state", "attributes", "expected"),
    [
        ("alarm_control_panel", "armed_away", {}, "armed away"),
        ("alarm_control_panel", "armed_home", {}, "armed at home"),
        ("device_tracker", "not_home", {}, "away"),
        ("device_tracker", "Work", {}, "Work"),
        ("update", "on", {}, "update available"),
        ("switch", "on", {}, "on"),
        ("vacuum", "docked", {}, "in its dock"),
        ("vacuum", "cleaning", {}, "cleaning"),
        ("climate", "heat_cool", {}, "heating and cooling"),
        ("climate", "fan_only", {}, "fan only"),
        ("number", "7.5", {"unit_of_measurement": "min"}, "7.5 min"),
        ("event", "double_press", {}, "double press"),
        ("lock", "jammed", {}, "jammed"),
        ("select", None, {}, "unknown"),
    ],
)
def test_words(domain: str, state: str | None, attributes: dict[str, object], expected: str) -> None:
    assert spoken_state(Entity(f"{domain}.x", domain, "X", state=state, attributes=attributes)) == expected


def test_who_is_away_says_nothing() -> None:
    assert spoken_state(Entity("lock.x", "lock", "X", state="locked", available=False)) == "unavailable"
