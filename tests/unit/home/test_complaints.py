"""What of the broker's messages could not be used: all of it kept, little of it logged."""

import pytest

from edge.home.complaints import Complaint, Complaints


def test_ten_lines_and_where_to_read_on(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    for _ in range(2):
        for n in range(50):
            complaints.message(f"t/{n}", "discovery.not_json")
    assert len(complaints.all()) == 50
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "link.more: more could not be used; `edge home check` lists all of it"


def test_each_once_and_some_never(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    for n in range(3):
        complaints.template("sensor.a", "value_template")
        complaints.message(f"t/{n}", "discovery.too_many")
        complaints.message(f"t/{n}", "discovery.unknown_component")
    assert complaints.all() == (
        Complaint("template.failed", "sensor.a value_template"),
        Complaint("discovery.too_many", ""),
    )
    assert len(caplog.messages) == 2


def test_it_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    for n in range(5000):
        complaints.message(f"t/{n}", "discovery.not_json")
    assert len(complaints.all()) == 1000
    assert len(caplog.messages) == 11
