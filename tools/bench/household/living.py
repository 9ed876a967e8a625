"""A household that lives with its hub for weeks: asks the same things often, has words of its own, and is misheard.

It is driven in closed loop. Beside what `Household` asks there are the things of every day (`usual`), the household's
own words (`own_words`), what a recogniser mistakes in each voice (`ears`), visitors, the television, and requests that
closely follow on another and have nothing to do with it. After three weeks some of the own words mean something else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from edge.core.turn import Turn
from tools.bench.household.ears import Ears, Readings
from tools.bench.household.events import HomeChange, Manner, Reaction, Request
from tools.bench.household.life import Household
from tools.bench.household.moment import SECOND, Ask, Family, Moment, Script
from tools.bench.household.own_words import OwnWords
from tools.bench.household.people import Person
from tools.bench.household.truth import Acts, Refuses, Value, Verdict, Wish, judge
from tools.bench.household.usual import Usual, draw_usual, pick
from tools.bench.household.world import World

VISITOR, TELEVISION = "Visitor", "Television"
SHARES = (("usual", 0.5), ("own", 0.16), ("any", 0.3), ("visitor", 0.02), ("television", 0.02))
"""Of episodes. `any` is what `Household` asks, in its own shares."""
CLOSELY = 0.12
"""How often another request, of anybody, comes within seconds of the one before."""
CORRECT = 0.1
"""Share of people who say "no, I meant"; the others say it again otherwise, if anything."""
TRIES_AGAIN = (0.3, 0.8, 0.9, 0.9)
"""How often somebody of this patience tries again at all, instead of getting up or letting it be."""
SAME_WORDS = 0.3
"""How often somebody who was not understood first says the same words again."""

ON_AIR = (
    "and now the weather for the weekend",
    "turn around slowly and put your hands up",
    "the light at the end of the tunnel",
    "call now and get two for one",
    "he closed the door behind him",
    "welcome back to the show",
    "it is getting hot in here said the detective",
    "open your eyes and look at me",
    "i told you it is {words} somewhere",
    "nobody ever says {words} in this house",
)


class Living(Household):
    """People who live with their hub. `of(seed)` makes it; `hear_with` gives it other ears."""

    episodes_a_day = 13
    shares = SHARES

    def __init__(self, seed: int, world: World, people: Sequence[Person]) -> None:
        super().__init__(seed, world, people)
        m = self._moment
        self.own_words = OwnWords(seed, world, self.people, world.mic)
        self._usual: list[Usual] = draw_usual(seed, m)
        self._strangers = {name: Person.of(name, seed) for name in (VISITOR, TELEVISION)}
        self._strangers[TELEVISION] = replace(self._strangers[TELEVISION], patience=0, politeness=0.0)
        self._ears: Callable[[str, str, Random], Readings] = Ears(seed, self._words()).hear
        self._changes = 0
        self._tries: int | None = None
        """How often the one who speaks says it again this time."""

    def hear_with(self, ears: Callable[[str, str, Random], Readings]) -> None:
        """Give what is said, and by whom, to these ears."""
        self._ears = ears

    # What is said

    def _words(self) -> list[str]:
        """What is said here, as if everything usual were asked once by each; most asked first."""
        said = list[str]()
        for script in self._usual:
            for person in self.people:
                m = Moment(Random(0), self.world, person, (), self.habits, self.now_ms)
                said += [word for step in script(m) if isinstance(step, Ask) for word in step.text.split()]
        return said

    def _hear(self, text: str, person: Person, *, slips: bool) -> Readings:
        if person.name == TELEVISION:
            return ((text, round(self._moment.rng.uniform(0.5, 0.9), 2)),)
        rng = Random(f"heard {self.seed} {self._asked} {text}")
        if slips and rng.random() < person.slips:
            text = person.slip(text, rng)
        return self._ears(text, person.name, rng)

    def _hear_again(self, text: str, request: Request) -> Readings:
        rng = Random(f"heard {self.seed} {request.id} {request.attempt} {text}")
        return self._ears(text, request.person, rng)

    def _person(self, name: str) -> Person:
        person = self._strangers.get(name) or super()._person(name)
        return person if self._tries is None else replace(person, patience=self._tries)

    def _change_habits(self) -> None:
        super()._change_habits()
        self.own_words.change(self.now_ms, self._changes)
        self._changes += 1

    @property
    def changed(self) -> dict[str, int]:
        """Keys of the own words that mean something else by now, and since when."""
        return {one.key: one.since_ms for one in self.own_words.meanings if one.since_ms}

    def _episode(self, kind: str, m: Moment) -> Callable[[], Script]:
        def begin() -> Script:
            yield from self._one(kind, m)
            if m.rng.random() < CLOSELY:
                yield from self._soon(self._one("usual", m), m.rng.randint(6, 20) * SECOND)
            m.person = m.rng.choice(self.people)  # no stranger gets up in the morning

        return begin

    def _one(self, kind: str, m: Moment) -> Script:
        m.person = m.rng.choice(self.people)
        if kind == "television":
            self._family = Family("television", "guard", _on_air)
            m.person = self._strangers[TELEVISION]
            m.key, m.own, m.others = "television", "", ()
            words = m.rng.choice(self.own_words.meanings).words if self.own_words.meanings else "that"
            yield Ask(m.rng.choice(ON_AIR).format(words=words), (Refuses(),))
        elif kind == "own" and self.own_words.meanings:
            self._family = Family("own_words", "plain", _on_air)
            yield from self._first(lambda: self.own_words.script(m, m.rng.choice(self.own_words.meanings)))
        elif kind == "any":
            any_kind = m.rng.choices([k for k, _ in Household.shares], [share for _, share in Household.shares])[0]
            yield from super()._episode(any_kind, m)()
        else:
            self._family = Family("usual", "plain", _on_air)
            if kind == "visitor":
                m.person = self._strangers[VISITOR]
            yield from self._first(lambda: pick(self._usual, m.rng)(m))

    def _first(self, draw: Callable[[], Script]) -> Script:
        """The first that has anything to say."""
        for _ in range(20):
            script = draw()
            if (first := next(script, None)) is not None:
                yield first
                yield from script
                return

    def _soon(self, script: Script, wait_ms: int) -> Script:
        for number, step in enumerate(script):
            yield step if number else replace(step, wait_ms=wait_ms)

    # How they take it

    def _taken(
        self,
        request: Request,
        turn: Turn,
        verdict: Verdict,
        before: Mapping[str, Mapping[str, Value]],
        done: HomeChange | None,
    ) -> Reaction:
        self._tries = None
        mood, patience = Random(f"mood {self.seed} {request.id}"), self._person(request.person).patience
        again = request.person != TELEVISION and mood.random() < TRIES_AGAIN[patience]
        self._tries = max(1, patience) if again else 0
        reaction = self._reacted_to(request, turn, verdict, before, done)
        self._tries = None
        return reaction

    def _reacted_to(
        self,
        request: Request,
        turn: Turn,
        verdict: Verdict,
        before: Mapping[str, Mapping[str, Value]],
        done: HomeChange | None,
    ) -> Reaction:
        rng = Random(f"living {self.seed} {request.id} {request.attempt}")
        person = self._person(request.person)
        plan = turn.plan
        question = plan.question if plan else None
        if request.person == TELEVISION and not (done and done.devices):
            return Reaction(Manner.CONTENT if verdict is Verdict.RIGHT else Manner.GIVES_UP, verdict)
        if request.person == TELEVISION or verdict is Verdict.RIGHT:
            return super()._taken(request, turn, verdict, before, done)
        if plan is not None and question == "confirm":
            return self._answered(request, turn, verdict)
        tired = request.attempt >= person.patience
        corrects = person.prefers("no i meant", CORRECT) and rng.random() < 0.7
        if question is None and not tired and request.others and corrects:
            back = tuple(w for k in (done.devices if done else ()) if (w := self._wish_back(k, before[k])).facts)
            accept = tuple(_besides(one, back) if isinstance(one, Acts) else one for one in request.truth.accept)
            text = f"no i meant {request.others[0]}"
            return Reaction(Manner.CORRECTS, verdict, request=self._again(request, text, accept))
        refused = verdict is Verdict.REFUSED and request.attempt == 0 < person.patience
        if refused and request.said and rng.random() < SAME_WORDS:
            return Reaction(Manner.REPHRASES, verdict, request=self._again(request, request.said))
        if verdict is Verdict.WRONG_ACTION and not done and not tired and request.others:
            # Nothing is to be put back: it was a scene, or it was so already.
            return Reaction(Manner.REPHRASES, verdict, request=self._again(request, request.others[0]))
        return super()._taken(request, turn, verdict, before, done)

    def _answered(self, request: Request, turn: Turn, verdict: Verdict) -> Reaction:
        """A yes where what waits is what was wanted, else a no."""
        assert turn.plan is not None
        agreed = tuple(replace(a, needs_yes=False) for a in request.truth.accept if isinstance(a, Acts))
        would = replace(turn, plan=replace(turn.plan, commands=turn.plan.pending, pending=(), question=None))
        if judge(replace(request.truth, accept=agreed), would) is Verdict.RIGHT:
            return Reaction(Manner.ANSWERS, verdict, request=self._again(request, "yes", agreed))
        return Reaction(Manner.ANSWERS, verdict, request=self._again(request, "no"))


def _besides(acts: Acts, back: tuple[Wish, ...]) -> Acts:
    return replace(acts, optional=(*acts.optional, *back))


def _on_air(_: Moment) -> Script:
    yield from ()
