"""Each component, all the way: discovery, what the entity shows, what is sent, and what confirms it."""

import json
from typing import Any

import cases_climate
import cases_moving
import cases_values
import pytest
from component_case import Case, Home

from edge.core.turn import Command, Verb
from edge.home.commands import compose
from edge.home.instruction import Instruction, Unsayable
from edge.home.states import readings

CASES = cases_moving.CASES | cases_climate.CASES | cases_values.CASES
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_case
def test_shows(case: Case) -> None:
    entity = Home(case).entity
    assert entity.state == case.state
    assert {name: entity.attributes.get(name) for name in case.attributes} == case.attributes


@each_case
def test_obeys(case: Case) -> None:
    home = Home(case)
    for do in case.obeys:
        said = home.ask(do.verb, do.args)
        assert isinstance(said, Instruction), (do, said)
        assert {message.topic: message.payload for message in said.messages} == do.sent
        assert bool(said.goals) is bool(do.reports), do
        home.say(do.reports)
        assert said.met_by(home.entity) is bool(do.reports), (do, home.entity)


@each_case
def test_asking_twice_is_harmless(case: Case) -> None:
    for do in case.obeys:
        if "step" in do.args or do.verb in (Verb.NEXT, Verb.PREVIOUS, Verb.INSTALL):
            continue  # what is relative is meant twice when it is said twice
        home = Home(case)
        once = home.ask(do.verb, do.args)
        assert home.ask(do.verb, do.args) == once
        home.say(do.reports)
        assert home.ask(do.verb, do.args) == once


@each_case
def test_refuses(case: Case) -> None:
    home = Home(case)
    for verb, args, code in case.refuses:
        assert home.ask(verb, args) == Unsayable(code), (verb, args)


@each_case
def test_readings_name_their_option(case: Case) -> None:
    config = Home(case).config
    for reading in readings(config):
        assert config.text(reading.key) == reading.topic


@pytest.mark.parametrize("odd", [[], {}, True, "far", "1e999", None])
def test_a_position_that_is_none(odd: object) -> None:
    for component, config in (("cover", {"pos_t": "p"}), ("valve", {"stat_t": "p", "cmd_t": "c", "pos": True})):
        home = Home(Case(component, config, {"p": "30"}, None, {}))
        home.say({"p": {"position": odd}})
        assert home.entity.attributes["position"] == 30


def code_lock(**config: Any) -> tuple[Home, Command]:
    template = '{"do": "{{ value }}", "code": "{{ code }}"}'
    case = Case("lock", {"cmd_t": "c", "cmd_tpl": template, "cod_form": "^\\d{4}$", **config}, {}, None, {})
    return Home(case), Command("lock.x", Verb.UNLOCK)


def test_the_households_code_opens_a_lock() -> None:
    home, unlock = code_lock()
    assert compose(unlock, home.config) == Unsayable("act.code_needed")
    said = compose(unlock, home.config, code="1234")
    assert isinstance(said, Instruction)
    assert json.loads(said.messages[0].payload) == {"do": "UNLOCK", "code": "1234"}
    assert "1234" not in repr(said)


@pytest.mark.parametrize("code", ["", "12a4", "123"])
def test_a_code_of_another_form_is_not_sent(code: str) -> None:
    home, unlock = code_lock()
    assert compose(unlock, home.config, code=code) == Unsayable("act.bad_code")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(", "[", "^(\\d)\\1$", "a*b*c*d*e*", "x" * 200])
def test_a_form_that_cannot_be_checked_is_left_to_the_device(pattern: str) -> None:
    home, unlock = code_lock(cod_form=pattern)
    assert isinstance(compose(unlock, home.config, code="a" * 200), Instruction)


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        ("REMOTE_CODE", None, "act.code_needed"),
        ("REMOTE_CODE", "12x", "act.bad_code"),
        ("REMOTE_CODE", "123", "DISARM/123"),
        ("REMOTE_CODE_TEXT", "12x", "DISARM/12x"),
        ("4711", None, "act.code_needed"),
        ("4711", "4712", "act.bad_code"),
        ("4711", "4711", "DISARM/4711"),
        (4711, "4711", "DISARM/4711"),
        (None, None, "DISARM/None"),
    ],
)
def test_codes_of_an_alarm(own: object, given: str | None, expected: str) -> None:
    home = Home(
        Case(
            "alarm_control_panel",
            {"cmd_t": "c", "stat_t": "s", "code": own, "cmd_tpl": "{{ action }}/{{ code }}"},
            {},
            None,
            {},
        )
    )
    said = compose(Command("alarm_control_panel.x", Verb.DISARM), home.config, home.entity, given)
    assert (said.code if isinstance(said, Unsayable) else said.messages[0].payload) == expected
    assert own is None or str(own) not in repr(home.config)
    assert given is None or given not in repr(said)


def test_an_alarm_may_do_without_its_code() -> None:
    config = {"cmd_t": "c", "stat_t": "s", "code": "REMOTE_CODE", "cod_arm_req": False}
    home = Home(Case("alarm_control_panel", config, {}, None, {}))
    assert isinstance(home.ask(Verb.ARM, {"mode": "night"}), Instruction)
    assert home.ask(Verb.DISARM, {}) == Unsayable("act.code_needed")


def test_an_alarms_features_as_bits() -> None:
    home = Home(Case("alarm_control_panel", {"cmd_t": "c", "stat_t": "s", "sup_feat": 2}, {}, None, {}))
    assert isinstance(home.ask(Verb.ARM, {"mode": "away"}), Instruction)
    assert home.ask(Verb.ARM, {"mode": "home"}) == Unsayable("act.unsupported")
