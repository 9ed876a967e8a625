"""Commands in words."""

import pytest

from edge.core.turn import Command, Verb
from edge.reply import actions

NAMES = {"x.a": "Freezer", "x.b": "The Den"}


@pytest.mark.parametrize(
    ("command", "question", "done"),
    [
        (Command("x.a", Verb.TURN_OFF), "Turn off the Freezer?", "Turned off the Freezer"),
        (Command("x.a", Verb.STOP), "Stop the Freezer?", "Stopped the Freezer"),
        (Command("x.a", Verb.PAUSE), "Pause the Freezer?", "Paused the Freezer"),
        (Command("x.a", Verb.DOCK), "Send the Freezer home?", "Sent the Freezer home"),
        (Command("x.b", Verb.MUTE), "Mute The Den?", "Muted The Den"),
        (Command("x.a", Verb.SET_POSITION, {"position": 0}), "Set the Freezer to 0 percent?",
         "Set the Freezer to 0 percent"),
        (Command("x.b", Verb.SET_VOLUME, {"volume": 40}), "Set The Den to 40 percent?", "Set The Den to 40 percent"),
        (Command("x.a", Verb.NEXT), "Skip to the next one on the Freezer?", "Skipped to the next one on the Freezer"),
    ],
)  # fmt: skip
def test_what_is_asked_and_done_in_words(command: Command, question: str, done: str) -> None:
    assert actions.question([command], NAMES) == question
    assert actions.done([command], NAMES) == done
