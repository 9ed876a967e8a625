"""What is liked stands in for what is not said, whether it is told or asked for."""

from edge.hub import Hub
from tests.unit.rewrite.taught import Start, refused, reply


def test_what_is_liked_stands_in_for_what_is_not_said(start: Start) -> None:
    hub = start()
    reply(hub, "I like it at twenty one degrees")
    reply(hub, "I love jazz")
    reply(hub, "I'm a Warriors fan")
    hub = start()
    plan = hub.say("make it comfortable").plan
    assert plan is not None
    assert [dict(c.args) for c in plan.commands] == [{"temperature": 21}]
    for said, title in (("play some music", "jazz"), ("watch the game", "the warriors game")):
        plan = hub.say(said).plan
        assert plan is not None
        assert [c.args["media"] for c in plan.commands] == [title]
    reply(hub, "I like it at nineteen degrees")
    plan = hub.say("make it comfortable").plan
    assert plan is not None
    assert [dict(c.args) for c in plan.commands] == [{"temperature": 19}]


def test_the_guided_talk_learns_what_is_answered(hub: Hub) -> None:
    said = [reply(hub, text) for text in ("learn my preferences", "twenty two", "skip", "jazz", "no")]
    assert said[0].startswith("At what temperature")
    assert said[1].startswith("OK. How bright")
    assert said[-1].startswith("That is all")
    assert [lesson.value for lesson in hub.lessons.every()] == ["22", "jazz"]


def test_nobody_likes_what_nobody_lives_in(hub: Hub) -> None:
    assert refused(hub, "I like it at ninety degrees") == "teach.not_livable"
    assert reply(hub, "I like it at twenty one degrees").startswith("21 degrees")


def test_what_was_liked_before_is_liked_again_when_the_last_is_forgotten(start: Start) -> None:
    hub = start()
    reply(hub, "I like it at twenty one degrees")
    reply(hub, "I like it at nineteen degrees")
    hub.close()
    hub = start()
    assert "19" in reply(hub, "forget that")
    assert [one.value for one in hub.lessons.every()] == ["21"]
    plan = hub.say("make it comfortable").plan
    assert plan is not None
    assert {command.args["temperature"] for command in plan.commands} == {21.0}
    assert "21" in reply(hub, "forget that")
    assert hub.lessons.every() == ()


def test_what_is_no_answer_is_asked_once_more_and_then_passed_over(hub: Hub) -> None:
    said = [
        reply(hub, text) for text in ("learn my preferences", "gobble gobble", "twenty two", "jazz", "jazz", "jazz")
    ]
    assert said[1].startswith("Sorry, I don't know what you mean by that. At what temperature")
    assert said[2].startswith("OK. How bright")
    assert said[3].startswith("Sorry, I don't know what you mean by that. How bright")
    assert said[4].startswith("What music")
    assert said[5].startswith("OK. Which team")
    assert [lesson.value for lesson in hub.lessons.every()] == ["22", "jazz"]
