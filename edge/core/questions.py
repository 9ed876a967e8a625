"""Stable codes of what the hub asks back, as far as more than one package needs them."""

CONFIRM, WHICH, WHICH_ROOM = "confirm", "which", "which_room"

MAX_NAMED = 4
"""Candidates that a question names; of more nobody remembers the first, and they are counted instead."""

_AGAIN = "_again"


def again(question: str) -> str | None:
    """The code of the same question in other words; None where it has been put twice."""
    return None if question.endswith(_AGAIN) else question + _AGAIN


def first(question: str) -> str:
    """The code of the question as it is put first."""
    return question.removesuffix(_AGAIN)
