"""How probable the kinds of things that people say to a hub are: the prior of an expectation."""

COMMON_SHARE = 0.5
"""Probability of the common wordings, when they are given."""

WAKE_SHARE = 0.1
"""Probability that a wake phrase is still in front: the wake stage hands over what comes after it, give or take."""

POLITE_SHARE = 0.05
"""Probability of words that hassil skips (please), in front and again at the end."""

ANSWER_SHARE = 0.02
"""Probability of an answer to a question of the hub's, which are asked seldom."""

BESIDE_SHARE = 0.1
"""Probability of what else people say, where it is given; from 0.02 to 0.1 it is all the same to 57 commands."""

CHOICE_SHARE = 0.01
"""Probability of an answer to which of several is meant, which is asked more seldom still."""

LEARNT_SHARE = 0.02
"""Probability of a phrase that somebody has taught, where there is one: it was taught to be said."""

BEFORE_SHARE = 0.003
"""Probability of what teaches or corrects and has a whole request after it ("no, I meant ...")."""
