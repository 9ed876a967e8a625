"""Turns to put on disk, and a file that is no database any more."""

from pathlib import Path

from edge.core.home import Entity, HomeState
from edge.core.turn import Command, Hypothesis, Interpretation, Plan, Slot, Turn, Utterance, Verb

NOW = 1_790_000_000_000
DO = Plan(commands=(Command("light.a", Verb.TURN_ON),))


def turn(turn_id: str, at_ms: int = NOW, text: str = "turn on the lamp", entities: int = 3) -> Turn:
    """A lamp turned on, in a home of so many."""
    home = HomeState.of(
        [Entity(f"light.{chr(97 + n)}" if n < 26 else f"light.x{n}", "light", "L") for n in range(entities)]
    )
    said = Interpretation("HassTurnOn", (Slot("name", "Lamp", "lamp"),), text)
    return Turn(turn_id, at_ms, home, Utterance((Hypothesis(text, 1.0),)), interpretation=said, plan=DO)


def damage(path: Path) -> None:
    """The file is overwritten where it begins."""
    with path.open("r+b") as file:
        file.write(b"no database " * 40)
