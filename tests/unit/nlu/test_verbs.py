"""What can be said of devices beyond lights and switches, and that it widens nothing else."""

import pytest

from edge.core.home import Area, Entity, HomeState
from edge.core.turn import Command, Interpretation, Plan, Refusal, Scalar, Slot, Verb
from edge.nlu.grammar import Grammar
from edge.nlu.resolve import resolve
from edge.nlu.verbs import WIDER, widen


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar("en")


HOME = HomeState.of(
    [
        Entity("siren.attic", "siren", "Attic Siren", area="attic"),
        Entity("valve.garden", "valve", "Garden Valve", area="attic"),
        Entity("vacuum.robbie", "vacuum", "Robbie", area="attic", state="cleaning"),
        Entity("lawn_mower.molly", "lawn_mower", "Molly"),
        Entity("humidifier.bedroom", "humidifier", "Humidifier", area="attic"),
        Entity("water_heater.boiler", "water_heater", "Water Heater", area="attic"),
        Entity("alarm_control_panel.house", "alarm_control_panel", "House Alarm", state="armed_away"),
        Entity("lock.shed", "lock", "Shed", area="attic"),
    ],
    areas=[Area("attic", "Attic")],
    mic_area="attic",
)


@pytest.mark.parametrize(
    ("text", "entity_id", "verb", "args"),
    [
        ("turn on the attic siren", "siren.attic", Verb.TURN_ON, {}),
        ("turn off the attic siren", "siren.attic", Verb.TURN_OFF, {}),
        ("open the garden valve", "valve.garden", Verb.OPEN, {}),
        ("close the garden valve", "valve.garden", Verb.CLOSE, {}),
        ("start robbie", "vacuum.robbie", Verb.START, {}),
        ("turn on robbie", "vacuum.robbie", Verb.START, {}),
        ("pause robbie", "vacuum.robbie", Verb.PAUSE, {}),
        ("return robbie to base", "vacuum.robbie", Verb.DOCK, {}),
        ("start molly", "lawn_mower.molly", Verb.START, {}),
        ("start mowing", "lawn_mower.molly", Verb.START, {}),
        ("dock molly", "lawn_mower.molly", Verb.DOCK, {}),
        ("turn on the humidifier", "humidifier.bedroom", Verb.TURN_ON, {}),
        ("turn off the water heater", "water_heater.boiler", Verb.TURN_OFF, {}),
        ("set the water heater to 50 degrees", "water_heater.boiler", Verb.SET_TEMPERATURE, {"temperature": 50}),
        ("unlock the shed", "lock.shed", Verb.UNLOCK, {}),
        ("lock the shed", "lock.shed", Verb.LOCK, {}),
    ],
)
def test_plans(grammar: Grammar, text: str, entity_id: str, verb: Verb, args: dict[str, int]) -> None:
    interpretation = grammar.interpret(text, HOME)
    assert interpretation is not None
    assert resolve(interpretation, HOME) == Plan(commands=(Command(entity_id, verb, args),))


def test_a_water_heater_is_only_meant_by_its_name(grammar: Grammar) -> None:
    interpretation = grammar.interpret("set the temperature to 50 degrees", HOME)
    assert interpretation is not None
    assert resolve(interpretation, HOME) == Plan(refusal=Refusal("resolve.no_domain_in_area", "climate"))


@pytest.mark.parametrize(
    ("intent", "name", "slots", "command"),
    [
        ("HassStopMoving", "Garden Valve", {}, Command("valve.garden", Verb.STOP)),
        (
            "HassHumidifierSetpoint",
            "Humidifier",
            {"humidity": 50},
            Command("humidifier.bedroom", Verb.SET_HUMIDITY, {"humidity": 50}),
        ),
        (
            "HassHumidifierMode",
            "Humidifier",
            {"mode": "away"},
            Command("humidifier.bedroom", Verb.SET_MODE, {"mode": "away"}),
        ),
    ],
)
def test_intents_that_a_household_may_have_sentences_for(
    intent: str, name: str, slots: dict[str, Scalar], command: Command
) -> None:
    said = (Slot("name", name, name), *(Slot(slot, value) for slot, value in slots.items()))
    assert resolve(Interpretation(intent, said, "its own words"), HOME) == Plan(commands=(command,))


def test_what_a_recogniser_expects_first(grammar: Grammar) -> None:
    common = grammar.common
    assert common is not None
    blocks = [block.requires_context or {} for block in common.intents["HassTurnOn"].data]
    assert any("siren" in block.get("domain", ()) for block in blocks)
    assert any(set(block.get("domain", ())) == {"cover", "valve"} for block in blocks)


def test_an_alarm_is_asked_about_and_disarmed_rather_than_turned_off(grammar: Grammar) -> None:
    interpretation = grammar.interpret("what is the state of the house alarm", HOME)
    assert interpretation is not None
    assert resolve(interpretation, HOME) == Plan(matched=("alarm_control_panel.house",))
    interpretation = grammar.interpret("turn off the house alarm", HOME)
    assert interpretation is not None
    assert resolve(interpretation, HOME) == Plan(commands=(Command("alarm_control_panel.house", Verb.DISARM),))


def test_a_language_without_these_sentences_stays_as_it_is() -> None:
    empty: dict[str, object] = {"language": "xx", "intents": {"HassTurnOn": {"data": [{"sentences": ["on"]}]}}}
    before = repr(empty)
    widen(empty, WIDER)
    assert repr(empty) == before
    known = {"intents": {"HassTurnOn": {"data": [{"requires_context": {"domain": ["switch", "siren"]}}]}}}
    widen(known, WIDER)
    widen(known, WIDER)
    domains = known["intents"]["HassTurnOn"]["data"][0]["requires_context"]["domain"]
    assert domains == ["switch", "siren", "humidifier", "water_heater", "vacuum", "lawn_mower"]
