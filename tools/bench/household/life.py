"""The household: days of routines, requests and changes in simulated time, and how its people take what the hub does.

Driven in open loop (`for event in household.days(5)`), the home goes on as if every request had been met: that is a
data set. Driven in closed loop, `react` is called with the turn that the hub made of each request; the home then goes
on with what the hub did, and the people rephrase, undo, answer, give up, or set it right by hand.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Self

from edge.core.home import HomeState
from edge.core.turn import Turn
from tools.bench.household import (
    families_able,
    families_habit,
    families_plain,
    families_state,
    families_talk,
    families_wide,
    house,
)
from tools.bench.household.events import Event, HomeChange, Manner, Reaction, Request
from tools.bench.household.moment import DAY, FAMILIES, HOUR, MINUTE, SECOND, Ask, Do, Family, Habit, Moment, Script
from tools.bench.household.people import Person
from tools.bench.household.truth import Acceptable, Acts, Asks, Truth, Value, Verdict, Wish, doings, judge
from tools.bench.household.world import World

_MODULES = (families_able, families_habit, families_plain, families_state, families_talk, families_wide)
"""Imported for the families that they register."""
START_MS = 1_767_571_200_000
"""Monday, 5 January 2026, 00:00; simulated days have no time zone."""
SHARES = (("plain", 0.62), ("context", 0.26), ("wide", 0.07), ("guard", 0.05))
"""Of episodes. Most of what is asked of a home is plain."""
EPISODES_A_DAY = 26
CHANGE_DAYS = 21
"""After three weeks a household listens to something else, and likes it warmer or cooler."""
PAUSE_MS = 4 * MINUTE
"""Least time between what belongs together and what comes next."""
_HABITUAL = {"brew": ("start_brewing", "context"), "usual": ("the_usual", "context")}
"""Wording -> family and kind, where a routine says it; what else is said in a routine is plain."""


class Household:
    """People in a house. Make it with `Household.of`; the same seed gives the same days on any machine."""

    episodes_a_day = EPISODES_A_DAY
    shares: tuple[tuple[str, float], ...] = SHARES

    def __init__(self, seed: int, world: World, people: Sequence[Person]) -> None:
        self.seed, self.world, self.people = seed, world, tuple(people)
        self.now_ms = START_MS
        self._rng = Random(f"days {seed}")
        names = tuple(person.name for person in people)
        self._moment = Moment(Random(f"moments {seed}"), world, self.people[0], names)
        self.habits: dict[str, Habit] = families_habit.draw_habits(self._moment)
        self._moment.habits = self.habits
        self._bags: dict[str, list[Family]] = {kind: [] for kind, _ in SHARES}
        self._day = 0
        self._asked = 0
        self._reacted: set[int] = set()
        self._settled = True
        self._gave_up = False
        self._undoing: dict[int, Request] = {}
        """What somebody wanted who has first to have something undone, by the id of the request."""

    @classmethod
    def of(cls, seed: int, devices: int | None = None) -> Self:
        """The household of this seed. devices: how many, about; by default 15 to 80."""
        rng = Random(f"house {seed}")
        size = devices or round(rng.triangular(15, 80, 40))
        world, names = house.build(rng, size)
        return cls(seed, world, [Person.of(name, seed) for name in names])

    def home(self) -> HomeState:
        """The home now."""
        return self.world.home(self.now_ms)

    def days(self, count: int) -> Iterator[Event]:
        """The next days, event by event. Call `react` for a request before taking the next event, or for none."""
        for _ in range(count):
            midnight = START_MS + self._day * DAY
            if self._day and self._day % CHANGE_DAYS == 0:
                self._change_habits()
            for at_ms, script in self._plan(midnight, weekend=self._day % 7 >= 5):
                # Whoever speaks next does not go on from what was said before.
                yield from self._wait(max(at_ms, self.now_ms + PAUSE_MS))
                yield from self._live(script)
            self._day += 1
            yield from self._wait(midnight + DAY - 1)

    def react(self, request: Request, turn: Turn) -> Reaction:
        """How the person takes it; the home is then as the hub and the person have made it."""
        self._reacted.add(request.id)
        verdict = judge(request.truth, turn)
        before = {key: dict(device.now) for key, device in self.world.devices.items()}
        self.now_ms += 2 * SECOND
        done = self._apply(turn)
        first = self._undoing.pop(request.id, None)
        reaction = self._taken(request, turn, verdict, before, done)
        if reaction.manner is Manner.CONTENT and first is not None:
            # It is as it was before; now they say again what they wanted.
            again = self._again(
                replace(first, attempt=request.attempt), first.others[0] if first.others else first.text
            )
            reaction = replace(reaction, manner=Manner.REPHRASES, request=again)
        self._settled = reaction.manner is Manner.CONTENT
        self._gave_up = reaction.manner is Manner.GIVES_UP
        return replace(reaction, changes=(*((done,) if done else ()), *reaction.changes))

    def _taken(
        self,
        request: Request,
        turn: Turn,
        verdict: Verdict,
        before: Mapping[str, Mapping[str, Value]],
        done: HomeChange | None,
    ) -> Reaction:
        rng = Random(f"react {self.seed} {request.id} {request.attempt}")
        person = self._person(request.person)
        question = turn.plan.question if turn.plan else None
        right, tired = verdict is Verdict.RIGHT, request.attempt >= person.patience
        if right and question is None:
            return Reaction(Manner.CONTENT, verdict)
        interrupts = not right and person.patience < 2 and rng.random() < 0.3
        if question == "confirm" and right:
            agreed = tuple(replace(a, needs_yes=False) for a in request.truth.accept if isinstance(a, Acts))
            yes = rng.choice(("yes", "yes please", "do it"))
            return Reaction(Manner.ANSWERS, verdict, request=self._again(request, yes, agreed))
        if question is not None and (answer := self._answer(request, rng)):
            return Reaction(Manner.ANSWERS, verdict, interrupts, answer)
        if verdict is Verdict.WRONG_ACTION:
            back = tuple(w for k in (done.devices if done else ()) if (w := self._wish_back(k, before[k])).facts)
            if back and not tired and rng.random() > person.by_hand:
                undo = self._again(request, person.word("undo", rng), (Acts(back),))
                self._undoing[request.id] = request
                return Reaction(Manner.UNDOES, verdict, interrupts, undo)
            self.now_ms += rng.randint(3, 20) * SECOND
            undone = [k for k in (done.devices if done else ()) if self.world.set(k, self.now_ms, before[k])]
            return Reaction(Manner.BY_HAND, verdict, interrupts, None, self._by_hand(request.truth, undone))
        if not tired and request.others:
            text = request.others[request.attempt % len(request.others)]
            return Reaction(Manner.REPHRASES, verdict, interrupts, self._again(request, text))
        if rng.random() < person.by_hand:
            self.now_ms += rng.randint(3, 20) * SECOND
            return Reaction(Manner.BY_HAND, verdict, interrupts, None, self._by_hand(request.truth, []))
        return Reaction(Manner.GIVES_UP, verdict, interrupts)

    def _wish_back(self, key: str, before: Mapping[str, Value]) -> Wish:
        now = self.world.devices[key].now
        differs = {
            name: value for name, value in before.items() if now.get(name) != value and name not in ("media", "kind")
        }
        wanted = {"power": before["power"]} if "power" in differs else differs
        return Wish(key, tuple(sorted(wanted.items())), tuple(sorted(before.items())))

    def _by_hand(self, truth: Truth, undone: list[str]) -> tuple[HomeChange, ...]:
        right = self._set_right(truth, "hand")
        keys = tuple(dict.fromkeys((*undone, *(right.devices if right else ()))))
        return (HomeChange(self.now_ms, keys, self.home(), "hand"),) if keys else ()

    # Time

    def _change_habits(self) -> None:
        """Other particulars for the same habits; what was learned of them is wrong from now on."""
        drawn = families_habit.draw_habits(self._moment)
        for what in ("music", "lamp", "comfort", "cosy"):
            if what in self.habits and what in drawn:
                self.habits[what] = drawn[what]

    def _plan(self, midnight: int, *, weekend: bool) -> list[tuple[int, Callable[[], Script]]]:
        """When today what happens, in order: routines, and moments for requests."""
        rng, m = self._rng, self._moment
        rises = (8.0 if weekend else 6.5) + rng.random()
        leaves, returns = rises + 1.5 + rng.random(), 16.5 + rng.random()
        sleeps = 22.4 + rng.random()
        routines: list[tuple[float, Callable[[Moment], Script]]] = [
            (rises, families_habit.morning),
            (18.2 + rng.random(), families_habit.evening),
            (sleeps, families_habit.night),
        ]
        away = not weekend and len(self.people) < 3
        if away:
            routines += [(leaves, families_habit.leaving), (returns, families_habit.arriving)]
        plan = [(midnight + int(hour * HOUR), self._routine(script, m)) for hour, script in routines]
        for _ in range(self.episodes_a_day):
            hour = _hour(rng, rises, sleeps)
            while away and leaves < hour < returns + 0.2:
                hour = _hour(rng, rises, sleeps)
            kind = rng.choices([k for k, _ in self.shares], [share for _, share in self.shares])[0]
            plan.append((midnight + int(hour * HOUR), self._episode(kind, m)))
        return sorted(plan, key=lambda one: one[0])

    def _routine(self, script: Callable[[Moment], Script], m: Moment) -> Callable[[], Script]:
        def begin() -> Script:
            self._family = Family("routine", "plain", script)
            return script(m)

        return begin

    def _episode(self, kind: str, m: Moment) -> Callable[[], Script]:
        def begin() -> Script:
            m.person = m.rng.choice(self.people)
            for _ in range(60):
                self._family = self._draw(kind, m.hour)
                script = self._family.script(m)
                first = next(script, None)
                if first is not None:
                    yield first
                    yield from script
                    return

        return begin

    def _draw(self, kind: str, hour: float) -> Family:
        """A family whose hour it is, so that over time every one has its turn."""
        bag = self._bags[kind]
        for at, one in enumerate(bag):
            if one.at(hour):
                return bag.pop(at)
        fresh = [f for f in FAMILIES.values() if f.kind == kind for _ in range(f.weight)]
        self._rng.shuffle(fresh)
        bag.extend(fresh)
        return next(bag.pop(at) for at, one in enumerate(bag) if one.at(hour))

    def _wait(self, until_ms: int) -> Iterator[HomeChange]:
        """Let time pass: the sun, ovens, room temperatures."""
        before = self.now_ms
        self.now_ms = max(self.now_ms, until_ms)
        minutes = (self.now_ms - before) / MINUTE
        changed = []
        hour = self.now_ms % DAY / HOUR
        for device in self.world.devices.values():
            if device.domain == "sun":
                value: str | float = "above_horizon" if 7.5 < hour < 17.5 else "below_horizon"
                name = "value"
            elif device.tag == "oven":
                now, goal = device.number("current"), device.number("temperature") if device.on else 22.0
                step = minutes * (12 if device.on else 3)
                value = float(round(min(goal, now + step) if goal > now else max(goal, now - step)))
                name = "current"
            elif device.domain == "climate" and minutes > 50:
                now, goal = device.number("current"), device.number("temperature")
                value, name = now + (0.5 if goal > now else -0.5), "current"
            else:
                continue
            if device.now.get(name) != value and self.world.set(device.id, self.now_ms, {name: value}):
                changed.append(device.id)
        if changed:
            yield HomeChange(self.now_ms, tuple(changed), self.home(), "self")

    # Steps

    def _live(self, begin: Callable[[], Script]) -> Iterator[Event]:
        self._moment.now_ms = self.now_ms
        for step in begin():
            yield from self._wait(self.now_ms + step.wait_ms)
            if isinstance(step, Do):
                if self.world.set(step.device, self.now_ms, dict(step.facts)):
                    yield HomeChange(self.now_ms, (step.device,), self.home(), "hand")
            else:
                yield from self._ask(step)
            self._moment.now_ms = self.now_ms

    def _ask(self, step: Ask) -> Iterator[Event]:
        family, m = self._family, self._moment
        opens = family.script.__module__.endswith("_talk") and not step.follows
        name, kind = ("opening", "plain") if opens else _HABITUAL.get(m.key, (family.name, family.kind))
        truth = Truth(name, kind, step.accept)
        heard = self._hear(step.text, m.person, slips=truth.kind != "context")
        self._asked += 1
        others = tuple(one for one in m.others if one != step.text)[:3]
        request = Request(
            self._asked,
            self.now_ms,
            m.person.name,
            heard[0][0],
            self.home(),
            truth,
            step.follows,
            heard,
            others,
            said=step.text,
            own=m.own,
        )
        self._settled = self._gave_up = False
        yield request
        reacted = request.id in self._reacted
        # Whoever gives up on the hub does it by hand in the end, but nobody would see a connection.
        self.now_ms += 3 * MINUTE if self._gave_up else SECOND
        if not self._settled and (change := self._set_right(truth, "hand" if reacted else "hub")):
            yield change
        self._reacted.discard(request.id)
        self._undoing.pop(request.id, None)

    def _person(self, name: str) -> Person:
        """Whoever speaks."""
        return next(person for person in self.people if person.name == name)

    def _hear(self, text: str, person: Person, *, slips: bool) -> tuple[tuple[str, float], ...]:
        """What a recogniser makes of it: readings with their confidence, best first."""
        rng = self._moment.rng
        if slips and rng.random() < person.slips:
            slipped = person.slip(text, rng)
            second = ((text, 0.6),) if rng.random() < 0.5 and slipped != text else ()
            return ((slipped, 0.7), *second)
        return ((text, 1.0),)

    def _hear_again(self, text: str, request: Request) -> tuple[tuple[str, float], ...]:  # noqa: ARG002 - for others
        """The same of what is said in reaction to a turn: with care, and so without a slip."""
        return ((text, 1.0),)

    def _set_right(self, truth: Truth, by: str) -> HomeChange | None:
        """The home as the request wanted it."""
        wanted = next((a for a in truth.accept if isinstance(a, Acts)), None)
        if wanted is None:
            return None
        changed = [w.device for w in wanted.wishes if self.world.set(w.device, self.now_ms, dict(w.facts))]
        return HomeChange(self.now_ms, tuple(changed), self.home(), by) if changed else None

    def _apply(self, turn: Turn) -> HomeChange | None:
        """What the hub's commands do to the home; devices that are not there do nothing."""
        done = doings(turn.plan.commands, turn.home.entities) if turn.plan else {}
        changed = [k for k, facts in done.items() if k in self.world.devices and self.world.set(k, self.now_ms, facts)]
        return HomeChange(self.now_ms, tuple(changed), self.home(), "hub") if changed else None

    def _again(self, request: Request, text: str, accept: tuple[Acceptable, ...] | None = None) -> Request:
        """The same person, a moment later; what they want is the same unless it is told."""
        self.now_ms += 3 * SECOND
        heard = self._hear_again(text, request)
        return replace(
            request,
            at_ms=self.now_ms,
            text=heard[0][0],
            home=self.home(),
            truth=replace(request.truth, accept=accept or request.truth.accept),
            follows=True,
            heard=heard,
            attempt=request.attempt + 1,
            said=text,
        )

    def _answer(self, request: Request, rng: Random) -> Request | None:
        """Their answer to "which one?"; None when they would rather say it again."""
        wanted = next((a for a in request.truth.accept if isinstance(a, Acts)), None)
        if wanted is None:
            asks = next((a for a in request.truth.accept if isinstance(a, Asks) and a.between), None)
            if asks is None:
                return None
            wanted = Acts((Wish(rng.choice(asks.between), (("power", "on"),)),))
        if len(wanted.wishes) > 1 or request.attempt > 1:
            return None
        device = self.world.devices[wanted.wishes[0].device]
        return self._again(request, self._moment.the(device), (replace(wanted, needs_yes=False),))


def _hour(rng: Random, rises: float, sleeps: float) -> float:
    """When something is asked: most in the evening, some over breakfast."""
    return rng.uniform(rises, rises + 1.5) if rng.random() < 0.2 else rng.triangular(rises, sleeps, 19)
