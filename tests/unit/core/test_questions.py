"""Codes of questions, put once and once more."""

from edge.core.questions import WHICH, WHICH_ROOM, again, first


def test_a_question_is_put_twice_at_most() -> None:
    for question in (WHICH, WHICH_ROOM):
        once_more = again(question)
        assert once_more is not None
        assert again(once_more) is None
        assert first(once_more) == first(question) == question
