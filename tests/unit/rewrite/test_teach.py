"""What is taught acts on the next request, is told, taken back, and there after a restart: through the hub's line."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from edge import teaching
from edge.core import codec
from edge.core.home import Entity, HomeState, Voice
from edge.core.lessons import LessonAction, LessonDo
from edge.core.turn import (
    Command,
    CommandOutcome,
    EndReason,
    Hypothesis,
    Outcome,
    Plan,
    Result,
    Rewrite,
    Turn,
    Utterance,
    Verb,
)
from edge.feedback.store import Store
from edge.house import StillHome
from edge.hub import Hub
from edge.profile import load_profile
from edge.rewrite.entry import State
from edge.rewrite.learn import ASK_EVERY_MS, Ask
from edge.rewrite.rewrites import Rewrites
from edge.rewrite.teach import MAX_NAMES
from tests.unit.nlu.in_context import AREAS, FLOORS, grammar, house

HOME = HomeState.of(house(), AREAS, FLOORS, "living")
PROFILE = load_profile(environ={}, system_paths=(), overrides=[])

Start = Callable[[], Hub]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Makes a hub of one household; each is as after a restart."""
    stores: list[Store] = []
    hubs: list[Hub] = []

    def made() -> Hub:
        store = Store(tmp_path / "history.db", "home", lambda code, sentence: pytest.fail(f"{code}: {sentence}"))
        stores.append(store)
        lessons = teaching.lessons_of_home(PROFILE, store)
        hubs.append(Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar(), lessons=lessons))
        return hubs[-1]

    yield made
    for hub in hubs:
        hub.close()
    for store in stores:
        store.close()


@pytest.fixture
def hub(start: Start) -> Hub:
    return start()


def reply(hub: Hub, text: str) -> str:
    turn = hub.say(text)
    assert turn.reply is not None
    assert not [span.code for span in turn.spans if span.code.endswith("unexpected")]
    return turn.reply.text


def deeds(hub: Hub, text: str) -> list[tuple[str, str]]:
    plan = hub.say(text).plan
    return [] if plan is None else [(c.entity_id, c.verb.value) for c in plan.commands]


def refused(hub: Hub, text: str) -> str:
    plan = hub.say(text).plan
    return "" if plan is None or plan.refusal is None else plan.refusal.code


LAMP_OFF = [("light.floor_lamp", "turn_off")]


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


def test_a_phrase_may_mean_another_phrase(hub: Hub) -> None:
    reply(hub, "when I say night night, turn off the floor lamp")
    reply(hub, "when I say sleepy head, night night")
    assert deeds(hub, "sleepy head") == LAMP_OFF


UNWRITTEN = "But my disk does not take it, so I will only know it until I restart"


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Hub, sqlite3.Connection, list[str]]]:
    """A hub whose file another program locks, that program, and what was told of it."""
    monkeypatch.setattr("edge.feedback.database._LOCK_S", 0.05)
    told: list[str] = []
    store = Store(tmp_path / "history.db", "home", lambda code, _: told.append(code))
    lessons = teaching.lessons_of_home(PROFILE, store)
    holder = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
    with Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar(), lessons=lessons) as hub:
        yield hub, holder, told
    holder.close()
    store.close()


def test_what_the_disk_does_not_take_is_told_and_written_later(
    locked: tuple[Hub, sqlite3.Connection, list[str]], start: Start
) -> None:
    hub, holder, told = locked
    reply(hub, "call the reading lamp ernie")
    holder.execute("BEGIN IMMEDIATE")
    assert reply(hub, "call the floor lamp bertha").endswith(UNWRITTEN)
    assert reply(hub, "when I say movie time, turn off the floor lamp").endswith(UNWRITTEN)
    assert reply(hub, "forget ernie").endswith(UNWRITTEN)
    assert reply(hub, "what have you learned").count(UNWRITTEN) == 0
    assert [one.heard for one in hub.lessons.every()] == ["bertha", "movie time"]
    assert told == ["store.locked"]
    holder.execute("ROLLBACK")
    hub.lessons.rules.keep()
    hub.lessons.look()
    assert not hub.lessons.unwritten
    assert not reply(hub, "call the reading lamp ernie").endswith(UNWRITTEN)
    again = start()
    assert [one.heard for one in again.lessons.every()] == ["bertha", "movie time", "ernie"]
    assert deeds(again, "movie time") == deeds(again, "turn off bertha") == LAMP_OFF


def test_everything_is_forgotten_as_soon_as_the_disk_takes_it(
    locked: tuple[Hub, sqlite3.Connection, list[str]], start: Start
) -> None:
    hub, holder, _ = locked
    reply(hub, "call the floor lamp bertha")
    holder.execute("BEGIN IMMEDIATE")
    hub.lessons.forget_all()
    assert hub.lessons.unwritten
    holder.execute("ROLLBACK")
    hub.lessons.rules.keep()
    hub.lessons.look()
    assert not hub.lessons.unwritten
    assert start().lessons.every() == ()


def test_a_lost_file_costs_no_lesson(locked: tuple[Hub, sqlite3.Connection, list[str]], tmp_path: Path) -> None:
    hub, _, told = locked
    reply(hub, "call the floor lamp bertha")
    reply(hub, "call the reading lamp ernie")
    for path in tmp_path.iterdir():
        path.rename(path.with_name(f"away-{path.name}"))
    Store(tmp_path / "history.db", "home", lambda code, _: told.append(code)).close()
    hub.lessons.look()
    hub.lessons.look()
    names = [(one.device, one.heard) for one in hub.lessons.names()]
    assert names == [("light.floor_lamp", "bertha"), ("light.reading_lamp", "ernie")]
    store = Store(tmp_path / "history.db", "home", lambda code, _: told.append(code))
    assert len(teaching.lessons_of_home(PROFILE, store).every()) == 2
    store.close()
    assert told == []


def test_a_phrase_that_was_meant_is_what_it_means(hub: Hub) -> None:
    reply(hub, "when I say night night, turn off the floor lamp")
    turn = hub.say("no, I meant night night")
    assert turn.plan is not None
    assert [(c.entity_id, c.verb.value) for c in turn.plan.commands] == LAMP_OFF
    assert turn.readings[0].slot("request") == "turn off the floor lamp"  # which is what is learnt, and no chain


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


def test_a_phrase_that_unlocks_asks_every_time(hub: Hub) -> None:
    reply(hub, "open sesame means unlock the front door")
    for _ in range(3):
        turn = hub.say("open sesame")
        assert turn.plan is not None
        assert (turn.plan.question, turn.plan.commands) == ("confirm", ())
        assert deeds(hub, "yes") == [("lock.front_door", "unlock")]


def test_what_failed_before_a_success_is_remembered_when_somebody_says_so(hub: Hub) -> None:
    reply(hub, "torn of dee flore lemp")
    reply(hub, "turn off the floor lamp")
    assert reply(hub, "remember that") == (
        "OK, I will remember that “torn of dee flore lemp” means “turn off the floor lamp”"
    )
    assert deeds(hub, "torn of dee flore lemp") == LAMP_OFF


def test_the_guided_talk_learns_what_is_answered(hub: Hub) -> None:
    said = [reply(hub, text) for text in ("learn my preferences", "twenty two", "skip", "jazz", "no")]
    assert said[0].startswith("At what temperature")
    assert said[1].startswith("OK. How bright")
    assert said[-1].startswith("That is all")
    assert [lesson.value for lesson in hub.lessons.every()] == ["22", "jazz"]


def test_names_have_a_bound(hub: Hub) -> None:
    for number in range(MAX_NAMES):
        hub.lessons.name("light.floor_lamp", f"bertha {number}")
    assert refused(hub, "call the hall light sunny") == "teach.too_many"
    assert deeds(hub, "turn off bertha 7") == LAMP_OFF


def test_in_memory_alone_nothing_stays() -> None:
    with Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar()) as hub:
        reply(hub, "hocus pocus means turn off the floor lamp")
        assert deeds(hub, "hocus pocus") == LAMP_OFF
        assert hub.lessons.phrases() == ("hocus pocus",)


def test_whatever_changes_what_can_be_said_is_told_to_the_recogniser(hub: Hub) -> None:
    seen = [hub.lessons.fingerprint()]
    for text in ("hocus pocus means turn off the floor lamp", "call the hall light bertha", "forget that"):
        reply(hub, text)
        seen.append(hub.lessons.fingerprint())
    assert len(set(seen)) == len(seen)
    reply(hub, "turn off the floor lamp")
    assert hub.lessons.fingerprint() == seen[-1]


def test_a_lesson_survives_the_codec(hub: Hub) -> None:
    turn = hub.say("when I say hocus pocus, turn off the floor lamp")
    assert codec.loads(Turn, codec.dumps(turn)) == turn


# Asking


def done(result: Result, *, at_ms: int = 0, rewrite: Rewrite | None = None) -> Turn:
    plan = Plan(commands=(Command("light.floor_lamp", Verb.TURN_ON),))
    outcome = Outcome((CommandOutcome("light.floor_lamp", result),))
    return Turn("t", at_ms, HOME, Utterance(()), plan=plan, outcome=outcome, rewrite=rewrite)


def asked(turn: Turn) -> LessonAction | None:
    return turn.plan.lesson if turn.plan is not None else None


def test_a_silent_device_is_asked_about_but_not_all_the_time(hub: Hub) -> None:
    ask = Ask(hub.lessons)
    assert asked(ask(done(Result.CONFIRMED))) is None
    assert asked(ask(done(Result.REFUSED))) is None
    assert asked(ask(done(Result.SILENT))) == LessonAction(LessonDo.WORKED, asks=True)
    assert asked(ask(done(Result.SILENT, at_ms=ASK_EVERY_MS - 1))) is None
    assert asked(ask(done(Result.SILENT, at_ms=ASK_EVERY_MS))) is not None
    assert asked(Ask(hub.lessons, worked=False)(done(Result.SILENT))) is None


def test_what_is_served_for_the_first_time_is_asked_about(hub: Hub) -> None:
    new, proven = (Rewrite("x", "personal", "1", 1.0, proven=proven) for proven in (False, True))
    assert asked(Ask(hub.lessons)(done(Result.CONFIRMED, rewrite=new))) is not None
    assert asked(Ask(hub.lessons)(done(Result.CONFIRMED, rewrite=proven))) is None


def test_without_words_nothing_of_a_lesson_is_kept_of_the_turn_and_what_was_taught_is(tmp_path: Path) -> None:
    store = Store(
        tmp_path / "history.db", "home", lambda code, sentence: pytest.fail(f"{code}: {sentence}"), keep_words=False
    )
    lessons = teaching.lessons_of_home(PROFILE, store)
    with Hub(PROFILE, StillHome(HOME), store=pytest.fail, grammar=grammar(), lessons=lessons) as hub:
        turn = hub.say("when I say hocus pocus, turn off the floor lamp")
    store.add_turn(turn)
    assert "hocus" not in codec.dumps(store.turns())
    assert [lesson.heard for lesson in teaching.lessons_of_home(PROFILE, store).every()] == ["hocus pocus"]
    store.close()


def test_a_correction_is_kept_with_what_it_was_taken_for(hub: Hub) -> None:
    hub.say("turn on the floor lump")
    hub.say("no, I meant turn on the floor lamp")
    (rule,) = hub.lessons.rules.rules()
    assert (rule.heard, rule.means, rule.source) == ("turn on the floor lump", "turn on the floor lamp", "corrected")
    assert rule.label.startswith("HassTurnOn ")


@pytest.mark.parametrize("meant", ["turn it off", "set it to 20 percent", "the same in the kitchen"])
def test_what_points_at_what_was_said_before_is_never_a_meaning(hub: Hub, meant: str) -> None:
    hub.say("turn on the floor lamp")
    hub.say("flump it")
    hub.say(f"no, I meant {meant}")
    assert hub.lessons.rules.rules() == ()


def test_a_lesson_that_was_not_heard_surely_is_no_request_that_failed(hub: Hub) -> None:
    hub.say("turn on the hall light")
    heard = Hypothesis("when I say lumos, turn on the hall light", 0.7)
    unsure = hub.take(Utterance((heard,), end_reason=EndReason.TYPED))
    assert unsure.error == "teach.low_confidence"
    assert unsure.reply is not None
    assert "clearly" in unsure.reply.text
    for said in ("turn on the floor lamp", "turn on the kitchen light", "turn off the floor lamp"):
        hub.say(said)
    assert hub.lessons.rules.rules() == ()
    assert hub.take(Utterance((heard,), end_reason=EndReason.TYPED)).rewrite is None


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
