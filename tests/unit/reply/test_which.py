"""Questions between candidates, as they are heard."""

import pytest

from edge.core.home import Area, Entity, HomeState
from edge.reply.which import which


def home(*named: tuple[str, str | None]) -> HomeState:
    entities = (Entity(f"light.n{n}", "light", name, area=area) for n, (name, area) in enumerate(named))
    return HomeState.of(entities, [Area("den", "Den"), Area("bath", "Bath")])


@pytest.mark.parametrize(
    ("named", "question", "again"),
    [
        ([("Floor Lamp", "den")], "The Floor Lamp?", "Sorry, which one: the Floor Lamp?"),
        (
            [("Floor Lamp", "den"), ("My Lamp", "den")],
            "The Floor Lamp or My Lamp?",
            "Sorry, which one: the Floor Lamp or My Lamp?",
        ),
        (
            [("Spot", "den"), ("Spot", "bath")],
            "The Spot in the Den or in the Bath?",
            "Sorry, which one: the Spot in the Den or in the Bath?",
        ),
        (
            [("Spot", "den"), ("Spot", "bath"), ("Lamp", "bath")],
            "The Spot in the Den, the Spot in the Bath or the Lamp?",
            "Sorry, which one: the Spot in the Den, the Spot in the Bath or the Lamp?",
        ),
        (
            [(name, "den") for name in "ABCDE"],
            "Which one? There are 5",
            "Please say its name or its room",
        ),
        ([("Spot", "den"), ("Spot", "den")], "Which one? There are 2", "Please say its name or its room"),
        ([("Spot", "den"), ("Spot", None)], "The Spot in the Den or the Spot?", None),
    ],
)
def test_which(named: list[tuple[str, str | None]], question: str, again: str | None) -> None:
    there = home(*named)
    assert which("which", tuple(there.entities), there) == question
    if again:
        assert which("which_again", tuple(there.entities), there) == again


def test_which_room() -> None:
    assert which("which_room", (), HomeState()) == "In which room?"
    assert which("which_room_again", (), HomeState()) == "Which room? Please say its name"
