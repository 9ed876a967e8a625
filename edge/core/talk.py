"""What is said about another turn, and how surely anything must have been heard to be remembered. Pure."""

from edge.core.turn import Turn

UNDO, OTHER, MEANT, ALSO = "EdgeUndo", "EdgeOther", "EdgeMeant", "EdgeAlso"
MEANT_REQUEST, CONFIRM, DENY = "EdgeMeantRequest", "EdgeConfirm", "EdgeDeny"
"""Intents of what is said about the turn before; whoever reads sentences knows their words."""
ABOUT_ANOTHER = frozenset((UNDO, OTHER, MEANT, ALSO, MEANT_REQUEST, CONFIRM, DENY))

TEACHING = ("EdgeTeach", "EdgeLesson", "EdgeLearn", "EdgeGuide", "EdgeForget", "EdgeRemember", "EdgeTellLearned")
"""What the intents of teaching begin with."""

MIN_LESSON = 0.8
"""Confidence of the recogniser from which what was said is remembered for good. What is done is over and can be undone;
what is remembered serves for years, and the television says much by halves. Pocketsphinx hears nine in ten of what
people say to it on purpose more surely than this; typed text is sure."""
UNSURE_LESSON = "teach.low_confidence"
"""Code of what teaches, and was not heard surely enough to."""


def surely(turn: Turn) -> bool:
    """Whether it was heard surely enough to be remembered."""
    return any(one.confidence >= MIN_LESSON for one in turn.utterance.hypotheses[:1])
