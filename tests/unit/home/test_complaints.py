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


def test_bad_messages_hide_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    complaints = Complaints()
    for n in range(5000):
        complaints.message(f"t/{n}", "discovery.not_json")
    caplog.clear()
    complaints.defect("KeyError", "t/1")
    complaints.template("sensor.a", "value_template")
    complaints.denied("secret/#")
    assert [message.split(":")[0] for message in caplog.messages] == [
        "link.unexpected",
        "template.failed",
        "link.denied",
    ]
    assert complaints.all()[1000:] == (
        Complaint("link.unexpected", "KeyError t/1"),
        Complaint("template.failed", "sensor.a value_template"),
        Complaint("link.denied", "secret/#"),
    )


def test_an_hour_later_there_is_room_for_more(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    complaints = Complaints(clock=lambda: now)

    def lines() -> int:
        caplog.clear()
        for n in range(50):
            complaints.message(f"t/{now}/{n}", "discovery.not_json")
        return len(caplog.messages)

    assert lines() == 11
    now = 3599.0
    assert lines() == 0
    now = 3600.0
    assert lines() == 11


def test_long_subjects_are_cut() -> None:
    complaints = Complaints()
    complaints.message("t" * 60_000, "discovery.not_json")
    complaints.defect("KeyError", "t" * 60_000)
    complaints.template("sensor." + "a" * 60_000, "value_template" * 100)
    complaints.denied("t" * 60_000)
    assert [len(one.subject) for one in complaints.all()] == [200, 209, 281, 200]
