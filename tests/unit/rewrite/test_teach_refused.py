"""What cannot be learned, or must not be, is refused in words."""

from dataclasses import replace

import pytest

from edge.core.home import Voice
from edge.house import StillHome
from edge.hub import Hub
from tests.unit.nlu.in_context import grammar
from tests.unit.rewrite.taught import HOME, LAMP_OFF, PROFILE, deeds, refused, reply


@pytest.mark.parametrize(
    ("means", "code", "part"),
    [
        ("what time is it and turn on the floor lamp", "teach.only_told", "what time is it"),
        ("turn on the floor lamp and what time is it", "teach.only_told", "what time is it"),
        ("turn on the floor lamp and frobnicate the zorg", "teach.not_understood", "frobnicate the zorg"),
    ],
)
def test_a_part_that_cannot_be_learned_is_named(hub: Hub, means: str, code: str, part: str) -> None:
    turn = hub.say(f"when I say hocus pocus, {means}")
    assert turn.plan is not None
    assert turn.plan.refusal is not None
    assert turn.plan.refusal.code == code
    assert turn.reply is not None
    assert f"“{part}”" in turn.reply.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("yes means unlock the front door", "rewrite.answer"),
        ("when I say the second one, turn on the hall light", "rewrite.answer"),
        ("when I say both, turn on the hall light", "rewrite.answer"),
        ("when I say none of them, turn on the hall light", "rewrite.answer"),
        ("when I say forget that, turn on the hall light", "teach.works_already"),
        ("when I say what have you learned, turn on the hall light", "teach.works_already"),
        ("when I say that was right, turn on the hall light", "teach.works_already"),
        ("when I say the other one, turn on the hall light", "teach.works_already"),
        ("when I say call the hall light bertha, turn on the hall light", "teach.works_already"),
        ("when I say learn my preferences, turn on the hall light", "teach.works_already"),
        ("stop means turn on the floor lamp", "rewrite.ringing"),
        ("hey jarvis means turn on the floor lamp", "rewrite.wake"),
        ("the means turn on the floor lamp", "rewrite.too_common"),
        ("turn on the hall light means unlock the front door", "teach.works_already"),
        ("lock the front door means unlock the front door", "teach.works_already"),
        ("hocus pocus means frobnicate the zorg", "teach.not_understood"),
        ("hocus pocus means turn on the floor lamp and frobnicate", "teach.not_understood"),
        ("hocus pocus means hocus pocus", "rewrite.same"),
        (f"{'abracadabra ' * 12}means turn on the floor lamp", "rewrite.too_long"),
        ("call the floor lamp yes", "teach.name_answer"),
        ("forget what I taught you about hocus pocus", "teach.not_known"),
        ("remember that", "teach.nothing_to_remember"),
    ],
)
def test_what_is_not_learned_is_refused_in_words(hub: Hub, text: str, code: str) -> None:
    assert refused(hub, text) == code
    assert hub.lessons.known() == ()
    assert len(reply(hub, text).split()) > 3


def test_a_loop_is_refused(hub: Hub) -> None:
    reply(hub, "hocus pocus means turn off the floor lamp")
    reply(hub, "abracadabra means hocus pocus")
    assert refused(hub, "hocus pocus means abracadabra") == "teach.means_that"
    assert deeds(hub, "hocus pocus") == deeds(hub, "abracadabra") == LAMP_OFF


def test_a_device_that_no_voice_may_touch_is_not_taught() -> None:

    never = replace(HOME.entities["light.floor_lamp"], voice=Voice.NEVER)
    home = replace(HOME, entities={**HOME.entities, never.entity_id: never})
    with Hub(PROFILE, StillHome(home), store=pytest.fail, grammar=grammar()) as hub:
        assert refused(hub, "hocus pocus means turn off the floor lamp") == "resolve.not_allowed"
        assert refused(hub, "call the floor lamp bertha") == "resolve.not_allowed"
