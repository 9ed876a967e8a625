"""A phrase that is taught acts on the next request, is told, taken back, and there after a restart."""

from dataclasses import asdict, replace

from edge.core.home import Entity, HomeState
from edge.house import StillHome
from edge.hub import Hub
from edge.rewrite.entry import State
from edge.rewrite.rewrites import Rewrites
from tests.unit.nlu.in_context import AREAS, FLOORS, house
from tests.unit.rewrite.taught import LAMP_OFF, Start, deeds, reply


def test_a_phrase_of_several_requests_is_done_at_once_and_after_a_restart(start: Start) -> None:
    hub = start()
    assert deeds(hub, "hocus pocus") == []
    reply(hub, "when I say hocus pocus, dim the living room to twenty percent and close the blinds")
    done = deeds(hub, "hocus pocus")
    assert ("cover.living_room_blinds", "close") in done
    assert ("light.floor_lamp", "turn_on") in done
    assert deeds(start(), "hocus pocus") == done


def test_another_process_that_teaches_is_heard_at_the_next_request(start: Start) -> None:
    running, command = start(), start()
    reply(command, "call the hall light big bertha")
    assert deeds(running, "turn on big bertha") == [("light.hall_light", "turn_on")]


def test_a_phrase_takes_the_place_of_a_guess(hub: Hub) -> None:
    assert deeds(hub, "movie time") == [("scene.movie_night", "activate")]
    reply(hub, "movie time means turn off the floor lamp")
    assert deeds(hub, "movie time") == LAMP_OFF
    reply(hub, "forget movie time")
    assert deeds(hub, "movie time") == [("scene.movie_night", "activate")]


def test_a_device_that_comes_later_is_meant_by_its_name(hub: Hub) -> None:
    reply(hub, "when I say hocus pocus, turn off the floor lamp")
    reply(hub, "call the floor lamp the magic lantern")
    assert deeds(hub, "hocus pocus") == LAMP_OFF
    assert deeds(hub, "turn off the magic lantern") == LAMP_OFF
    scene = Entity("scene.hocus_pocus", "scene", "Hocus Pocus", state="unknown")
    lantern = Entity("light.magic_lantern", "light", "Magic Lantern", area="living", state="on")
    hub.home = StillHome(HomeState.of([*house(), scene, lantern], AREAS, FLOORS, "living"))
    assert deeds(hub, "hocus pocus") == [("scene.hocus_pocus", "activate")]
    assert deeds(hub, "turn off the magic lantern") == [("light.magic_lantern", "turn_off")]


def test_a_phrase_may_mean_another_phrase(hub: Hub) -> None:
    reply(hub, "when I say night night, turn off the floor lamp")
    reply(hub, "when I say sleepy head, night night")
    assert deeds(hub, "sleepy head") == LAMP_OFF


def test_a_phrase_that_was_meant_is_what_it_means(hub: Hub) -> None:
    reply(hub, "when I say night night, turn off the floor lamp")
    turn = hub.say("no, I meant night night")
    assert turn.plan is not None
    assert [(c.entity_id, c.verb.value) for c in turn.plan.commands] == LAMP_OFF
    assert turn.readings[0].slot("request") == "turn off the floor lamp"  # which is what is learnt, and no chain


def test_what_was_taught_is_told_and_taken_back_the_latest_first(hub: Hub) -> None:
    assert reply(hub, "forget that") == "There is nothing to forget"
    reply(hub, "hocus pocus means turn off the floor lamp")
    reply(hub, "call the hall light bertha")
    told = reply(hub, "what have you learned?")
    assert (
        told
        == "I have learned that Hall Light is also called “bertha”; and “hocus pocus” means “turn off the floor lamp”"
    )
    assert reply(hub, "forget that") == "OK, I have forgotten that Hall Light is also called “bertha”"
    assert reply(hub, "forget that").startswith("OK, I have forgotten that “hocus pocus”")
    assert deeds(hub, "hocus pocus") == []
    assert reply(hub, "what have you learned?").startswith("Nothing yet")


def test_what_is_paused_is_told_so_and_what_was_withdrawn_is_not_known(start: Start) -> None:
    hub = start()
    reply(hub, "hocus pocus means turn off the floor lamp")
    rules = hub.lessons.rules
    assert isinstance(rules, Rewrites)
    (rule,) = rules.rules()
    rules.pause(rule.id)
    told = "I have learned that “hocus pocus” means “turn off the floor lamp”"
    assert reply(hub, "what have you learned?") == f"{told}, which is paused"
    rules.pause(rule.id, on=False)
    assert reply(hub, "what have you learned?") == told
    gone = asdict(replace(rule, heard="abracadabra", state=State.WITHDRAWN))
    assert rules.import_({"edge_rewrites": 1, "rules": [gone]}, own=True) == (1, ())
    assert len(rules.rules()) == 2
    assert reply(hub, "what have you learned?") == told


def test_everything_is_forgotten_after_a_yes_alone(start: Start) -> None:
    hub = start()
    reply(hub, "hocus pocus means turn off the floor lamp")
    reply(hub, "I love jazz")
    reply(hub, "forget everything")
    assert reply(hub, "no") == "OK, I won't"
    assert len(hub.lessons.known()) == 2
    assert deeds(hub, "hocus pocus") == LAMP_OFF
    reply(hub, "forget everything")
    assert reply(hub, "yes") == "OK, I have forgotten everything"
    assert deeds(start(), "hocus pocus") == []
    assert start().lessons.known() == ()


def test_a_phrase_that_unlocks_asks_every_time(hub: Hub) -> None:
    reply(hub, "open sesame means unlock the front door")
    for _ in range(3):
        turn = hub.say("open sesame")
        assert turn.plan is not None
        assert (turn.plan.question, turn.plan.commands) == ("confirm", ())
        assert deeds(hub, "yes") == [("lock.front_door", "unlock")]


def test_whatever_changes_what_can_be_said_is_told_to_the_recogniser(hub: Hub) -> None:
    seen = [hub.lessons.fingerprint()]
    for text in ("hocus pocus means turn off the floor lamp", "call the hall light bertha", "forget that"):
        reply(hub, text)
        seen.append(hub.lessons.fingerprint())
    assert len(set(seen)) == len(seen)
    reply(hub, "turn off the floor lamp")
    assert hub.lessons.fingerprint() == seen[-1]
