"""Simulated households: people with habits, rooms, devices and ways of wording, who know what they meant.

    household = Household.of(seed)              # the same seed is the same household and the same days, on any machine
    for event in household.days(5):             # a HomeChange or a Request, in order of time
        if isinstance(event, Request):
            turn = ...                          # what the hub makes of event.utterance in event.home at event.at_ms
            judge(event.truth, turn)            # how that meets what was meant
            household.react(event, turn)        # closed loop only: what the person says or does next

Without `react` the home goes on as if every request had been met (open loop): a data set. `Reaction.request` is another
request, which wants a reaction too, before the next event is taken. Households of even seed are for learning; those of
odd seed, which use other wordings besides the common ones, for judging.

It shares no code, no words and no types with what it judges: of `edge` only the records of `edge.core` are known here.
"""

from tools.bench.household.events import Event, HomeChange, Manner, Reaction, Request
from tools.bench.household.life import Household
from tools.bench.household.truth import Truth, Verdict, judge

__all__ = ["Event", "HomeChange", "Household", "Manner", "Reaction", "Request", "Truth", "Verdict", "judge"]
