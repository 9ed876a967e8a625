"""Commands on their way: sent in order and not too fast, watched until the device has answered, and a while longer."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt

from edge.core.home import Entity
from edge.core.turn import Command, CommandOutcome, Outcome, Result
from edge.home.commands import compose
from edge.home.config import DeviceConfig
from edge.home.instruction import Instruction, Message, Unsayable
from edge.home.mirror import Mirror
from edge.home.pace import Pace

CONTRADICTION_MS = 10_000
"""For so long after a device obeyed, another state than the one asked for is held against the command."""

TOGGLE_S = 30.0
"""For so long a device whose one word means two things is not told again, unless it shows another state. A garage door
travels for 10 to 20 s, and many say `open` until they are shut: the word again would stop it, or turn it round."""

KEPT_CONTRADICTIONS = 100
"""As many as are remembered, the latest."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A device obeyed, and soon after shows something else, without the hub having asked for that."""

    entity_id: str
    command: Command
    at_ms: int
    by: str
    """Topic of the report."""


@dataclass(slots=True, eq=False)
class _Watch:
    """One command that waits for its device."""

    command: Command
    instruction: Instruction
    sent_ms: int | None
    deadline: float
    """Monotonic seconds until which it waits."""
    reports: int
    """How often the device had reported before the command was sent."""
    unacknowledged: set[int] = field(default_factory=set)
    confirmed_ms: int | None = None
    """When it showed that it obeyed."""
    lost: bool = False
    """The connection ended before the broker had taken the command."""

    @property
    def settled(self) -> bool:
        if self.lost or not self.instruction.goals:
            return self.lost or not self.unacknowledged
        return self.confirmed_ms is not None


class Dispatch:
    """Carries out commands, one list of them at a time.

    publish: sends a message now or, without a connection, says None; it must not keep it for later.
    on_contradiction: told, on the network thread; it must return at once.
    code: entity id -> a lock's or alarm's code, or None.
    away: whether what the mirror says may be old, because the connection is away or has just come back.
    clock: seconds that never go back.
    refused: entity, its description and the topics of a command -> why nothing is published there for it, a code, or
        None.
    on_stalled: told when the broker has not taken a command in all the time that it had: it may still be on its way.
    """

    def __init__(
        self,
        mirror: Mirror,
        publish: Callable[[Message], mqtt.MQTTMessageInfo | None],
        *,
        clock_ms: Callable[[], int],
        pace: Pace,
        on_contradiction: Callable[[Contradiction], None] | None = None,
        code: Callable[[str], str | None] = lambda _: None,
        away: Callable[[], bool] = lambda: False,
        refused: Callable[[Entity, DeviceConfig, Iterable[str]], str | None] = lambda *_: None,
        clock: Callable[[], float] = time.monotonic,
        on_stalled: Callable[[], None] | None = None,
    ) -> None:
        self._on_stalled = on_stalled
        self._code = code
        self._away = away
        self._refused = refused
        self._clock = clock
        self._mirror = mirror
        self._publish = publish
        self._clock_ms = clock_ms
        self._pace = pace
        self._on_contradiction = on_contradiction
        self._executing = threading.Lock()
        self._news = threading.Condition()
        # Guarded by _news:
        self._watches: list[_Watch] = []
        self._acknowledged: set[int] = set()
        self._latest: dict[str, _Watch] = {}
        """Entity id -> the command that it was sent last, for as long as it can be contradicted."""
        self._toggled: dict[str, tuple[float, str | None]] = {}
        """Entity id -> when its toggle was sent, and the state that it showed then, until it shows another."""
        self._contradictions: deque[Contradiction] = deque(maxlen=KEPT_CONTRADICTIONS)

    def execute(self, commands: Sequence[Command], timeout_s: float) -> Outcome:
        """Send the commands in order, then wait for all of them together, each for `timeout_s` from its own sending."""
        with self._executing:
            with self._news:
                self._acknowledged.clear()
                self._forget()
            sent = [self._send(command, timeout_s) for command in commands]
            watches = [watch for watch in sent if isinstance(watch, _Watch)]
            with self._news:
                for watch in watches:
                    self._check(watch)
                while waiting := [watch.deadline for watch in watches if not watch.settled]:
                    if (left := max(waiting) - time.monotonic()) <= 0:
                        break
                    self._news.wait(left)
                self._watches.clear()
                outcome = Outcome(tuple(self._outcome(item) if isinstance(item, _Watch) else item for item in sent))
                stalled = any(watch.unacknowledged and not watch.lost for watch in watches)
        if stalled and self._on_stalled is not None:
            self._on_stalled()
        return outcome

    def contradictions(self) -> tuple[Contradiction, ...]:
        """What devices showed against the commands that they had obeyed, oldest first."""
        with self._news:
            return tuple(self._contradictions)

    def acknowledged(self, packet: int) -> bool:
        """The broker has taken a message; whether a device's answer is waited for."""
        with self._news:
            if not self._watches:
                return False
            self._acknowledged.add(packet)
            for watch in self._watches:
                if packet in watch.unacknowledged:
                    watch.unacknowledged.discard(packet)
                    self._check(watch)
            self._news.notify_all()
            return True

    def lost(self) -> None:
        """The connection has ended."""
        with self._news:
            self._acknowledged.clear()
            for watch in self._watches:
                watch.lost |= bool(watch.unacknowledged)
            self._news.notify_all()

    def heard(self, entity_ids: frozenset[str], topic: str, *, retained: bool) -> None:
        """Entities have changed. retained: what the broker had kept says nothing against a command."""
        found: list[Contradiction] = []
        with self._news:
            for entity_id in entity_ids & self._toggled.keys():
                self._moved(entity_id, self._mirror.entity(entity_id))
            if self._watches:
                for watch in self._watches:
                    if watch.command.entity_id in entity_ids:
                        self._check(watch)
                self._news.notify_all()
            if self._latest and not retained:
                found = [c for entity_id in entity_ids & self._latest.keys() if (c := self._against(entity_id, topic))]
                self._contradictions.extend(found)
        if self._on_contradiction is not None:
            for contradiction in found:
                self._on_contradiction(contradiction)

    def _against(self, entity_id: str, topic: str) -> Contradiction | None:
        watch, now = self._latest[entity_id], self._clock_ms()
        if watch.confirmed_ms is None:
            return None
        entity = self._mirror.entity(entity_id)
        if now - watch.confirmed_ms > CONTRADICTION_MS or entity is None:
            del self._latest[entity_id]
            return None
        if entity.state is None or not entity.available or watch.instruction.met_by(entity):
            return None
        del self._latest[entity_id]  # once a command
        return Contradiction(entity_id, watch.command, now, topic)

    def _forget(self) -> None:
        now = self._clock_ms()
        self._latest = {
            entity_id: watch
            for entity_id, watch in self._latest.items()
            if watch.confirmed_ms is not None and now - watch.confirmed_ms <= CONTRADICTION_MS
        }

    def _send(self, command: Command, timeout_s: float) -> _Watch | CommandOutcome:
        entity_id = command.entity_id
        config, entity = self._mirror.config(entity_id), self._mirror.entity(entity_id)
        if config is None or entity is None:
            return CommandOutcome(entity_id, Result.REFUSED, code="act.unknown_entity")
        said = compose(command, config, entity, self._code(entity_id))
        if (unsaid := self._unsaid(entity, config, said)) is not None:
            return unsaid
        assert isinstance(said, Instruction)
        watch = _Watch(command, said, None, 0.0, 0)
        for number, message in enumerate(said.messages):
            self._pace.take()
            if number == 0:
                watch.sent_ms, watch.reports = self._clock_ms(), self._mirror.reports(entity_id)
                watch.deadline = time.monotonic() + timeout_s
                with self._news:
                    self._watches.append(watch)
                    self._latest[entity_id] = watch  # what follows from now on is this command's doing
                    if said.toggle:
                        self._toggled[entity_id] = (self._clock(), entity.state)
            info = self._publish(message)
            if info is None:
                with self._news:
                    self._latest.pop(entity_id, None)
                    if number == 0:
                        self._watches.remove(watch)
                        self._toggled.pop(entity_id, None)
                        return CommandOutcome(entity_id, Result.UNREACHABLE, code="act.unreachable")
                    watch.lost = True
                return watch
            with self._news:
                if info.rc != mqtt.MQTT_ERR_SUCCESS:
                    watch.lost = True
                elif info.mid not in self._acknowledged:
                    watch.unacknowledged.add(info.mid)
        return watch

    def _unsaid(self, entity: Entity, config: DeviceConfig, said: Instruction | Unsayable) -> CommandOutcome | None:
        """What comes of a command that is not sent; None where it is."""
        by_state = said.code == "act.state_unknown" if isinstance(said, Unsayable) else said.toggle
        if by_state and self._away():
            return CommandOutcome(entity.entity_id, Result.UNREACHABLE, code="act.unreachable")
        if isinstance(said, Unsayable):
            return CommandOutcome(entity.entity_id, Result.REFUSED, code=said.code)
        if (why := self._refused(entity, config, (message.topic for message in said.messages))) is not None:
            return CommandOutcome(entity.entity_id, Result.REFUSED, code=why)
        if not entity.available:
            return CommandOutcome(entity.entity_id, Result.UNREACHABLE, code="act.unavailable")
        if said.toggle and self._under_way(entity):
            return CommandOutcome(entity.entity_id, Result.REFUSED, code="act.under_way")
        return None

    def _under_way(self, entity: Entity) -> bool:
        """Whether it was sent a toggle and has not shown yet what that did; what its state says is then of no use."""
        with self._news:
            self._moved(entity.entity_id, entity)
            return entity.entity_id in self._toggled

    def _moved(self, entity_id: str, entity: Entity | None) -> None:
        """Forget the toggle of an entity that shows another state, or has had all the time that it may take."""
        if entity_id not in self._toggled:
            return
        sent, before = self._toggled[entity_id]
        shown = None if entity is None else entity.state
        if shown not in (None, before) or self._clock() - sent >= TOGGLE_S:
            del self._toggled[entity_id]

    def _check(self, watch: _Watch) -> None:
        """Whether the device shows what was asked for; what it showed before counts once the broker has the command."""
        entity = self._mirror.entity(watch.command.entity_id)
        if watch.confirmed_ms is not None or entity is None or not watch.instruction.met_by(entity):
            return
        if not watch.unacknowledged or self._mirror.reports(entity.entity_id) > watch.reports:
            watch.confirmed_ms = self._clock_ms()

    def _outcome(self, watch: _Watch) -> CommandOutcome:
        result, code = Result.SILENT, "act.silent"
        if watch.confirmed_ms is not None or (watch.settled and not watch.lost):
            result, code = Result.CONFIRMED, ""
        elif watch.lost or watch.unacknowledged:
            # What was sent and not taken may be on its way, at the other end of the line: nobody can say.
            result, code = Result.UNREACHABLE, "act.unacknowledged" if watch.unacknowledged else "act.unreachable"
        elif self._mirror.reports(watch.command.entity_id) > watch.reports:
            result, code = Result.REFUSED, "act.disobeyed"
        return CommandOutcome(watch.command.entity_id, result, watch.sent_ms, watch.confirmed_ms, code)
