"""Power cuts: a real hub under load is killed (SIGKILL) at random moments, again and again, over the same files.

It hears recorded requests and lessons without a pause, and carries out what timers promised. Its commands are counted
by a subscriber of its broker: more of one than it was asked for were acted on twice, and so is a timer's command that
comes a second time, in whatever life. What it said that it had learnt (“OK, … means …”) must be known afterwards.
"""

import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge import kept_files, past
from edge.core.errors import EdgeError
from edge.core.timers import Later, Timer
from edge.core.turn import Verb
from edge.home.own_device import status_topic
from edge.home.simulated import SimulatedHome
from edge.profile import Profile, load_profile
from edge.rewriting import rewrites_of_home
from edge.timers.book import Book
from tools.bench import common
from tools.bench.faulting import sounds
from tools.bench.faulting.mosquitto import Mosquitto, Said, Watcher, mosquitto
from tools.bench.faulting.running import Running

CLIENT = "killed"
STARTING, LISTENING = 0.15, 0.25
"""Shares of kills before it listens, and while it may not yet have done anything; the others come under load."""
_LIFE_S = 3.0
_FIRST_TURN_S = 30.0
_PHRASES = ("movie time", "cozy evening", "bath night", "sunday breakfast", "quiet hour")
_MEANINGS = ("turn on the kitchen light", "turn off the floor lamp", "close the garage door", "lock the front door")
_LESSONS = 0.35
"""Share of lessons among what is said."""
_TIMED = ("light.guest_room_light", "light.desk_lamp", "light.counter_light")
"""Devices that timers alone move: each brightness is one timer."""
_TIMED_TOPICS = frozenset(f"simulated/light/{entity_id.partition('.')[2]}/set" for entity_id in _TIMED)
_LEARNT = re.compile(r"OK, “(.+)” means “(.+)”")


class Killed:
    """What was found after all kills so far."""

    def __init__(self, folder: Path, broker: Mosquitto, watcher: Watcher, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - moments, and they are to be repeatable
        self._folder, self._watcher = folder, watcher
        self._settings = (
            *("mqtt.host=127.0.0.1", f"mqtt.port={broker.port}", f"mqtt.client_id={CLIENT}", "home.area=Living Room"),
            *(f"paths.data_dir={folder}/data", "learning.ask=false"),
        )
        self.kills = self.acted_twice = self.lost = self.died = self.lessons = self.commands = self.timed = 0
        self.restarts_s: list[float] = []
        self._known: dict[str, str] = {}
        """Phrase -> what it was last said to mean."""
        self._timers = 0
        self._lives: list[frozenset[str]] = []
        """What timers did in each life."""
        self._lessons_spoken = _spoken_lessons()

    @property
    def profile(self) -> Profile:
        """As the hub has it."""
        return load_profile(
            board="x86-64", environ={"HOME": str(self._folder)}, system_paths=(), overrides=self._settings
        )

    def once(self) -> None:
        """Start it, let it hear, kill it, and look."""
        self._promise()
        mark, fed = self._watcher.mark, Counter[str]()
        taught: dict[str, set[str]] = {}
        how = self._rng.random()
        hub = Running(self._folder, self._settings)
        feeding = threading.Thread(target=self._feed, args=(hub, fed, taught, random.Random(self._rng.random())))  # noqa: S311
        feeding.start()
        if how < STARTING:
            time.sleep(self._rng.uniform(0, 1.0))
        elif hub.listens():
            if how > STARTING + LISTENING:
                self._watcher.wait(mark, _of_a_turn, _FIRST_TURN_S)
            time.sleep(self._rng.uniform(0, _LIFE_S))
        self.died += not hub.alive
        hub.kill()
        feeding.join()
        self.kills += 1
        if hub.listening_s is not None:
            self.restarts_s.append(hub.listening_s)
        gone = status_topic("edge", CLIENT)
        if any(said.topic == gone for said in self._watcher.since(mark)):
            # The broker says so after all that the hub had sent.
            self._watcher.wait(mark, lambda said: said == Said(gone, "offline"), 10.0)
        self._look(self._watcher.since(mark), fed, taught)

    def _promise(self) -> None:
        """A timer, as an earlier life has set it."""
        number = self._timers
        self._timers += 1
        entity_id = _TIMED[number % len(_TIMED)]
        then = Later(entity_id, Verb.TURN_ON.value, {"brightness": 1 + number // len(_TIMED) % 100})
        entity = next(row for row in self._rows if row.entity_id == entity_id)
        then = replace(then, names=(entity.name,), area=_place(entity.room))
        due = time.time_ns() // 1_000_000 + self._rng.randrange(500, 6000)
        timer = Timer(f"{number:08x}", seconds=5, due_ms=due, then=(then,))
        Book(kept_files.timers(self.profile)).change(lambda timers: (*timers[-3:], timer))

    @property
    def _rows(self) -> Any:
        from edge.home.catalogue import ROWS

        return ROWS

    def _feed(self, hub: Running, fed: Counter[str], taught: dict[str, set[str]], rng: random.Random) -> None:
        while True:
            if self._lessons_spoken and rng.random() < _LESSONS:
                phrase, meaning = rng.choice(_PHRASES), rng.choice(_MEANINGS)
                taught.setdefault(phrase, set()).add(meaning)
                pcm = self._lessons_spoken[phrase, meaning]
            else:
                request = rng.choice(sounds.REQUESTS)
                fed.update(request.topics)
                pcm = request.pcm
            if not hub.feed(pcm):
                return

    def _look(self, said: list[Said], fed: Counter[str], taught: dict[str, set[str]]) -> None:
        done = Counter(one.topic for one in said if "/set" in one.topic and one.topic not in _TIMED_TOPICS)
        self.commands += done.total()
        self.acted_twice += sum(max(0, count - fed[topic]) for topic, count in done.items())
        again = Counter(f"{one.topic} {one.payload}" for one in said if one.topic in _TIMED_TOPICS)
        self.timed += again.total()
        self.acted_twice += sum(again.values()) - len(again)
        # In another life the same command may come of another timer only after all others have had their turn.
        self.acted_twice += sum(command in self._recent_commands() for command in again)
        self._lives.append(frozenset(again))
        for one in said:
            if one.topic == "edge/reply" and (match := _LEARNT.fullmatch(one.payload)) is not None:
                self._known[match[1]] = match[2]
                self.lessons += 1
        means = self._meanings()
        for phrase, meaning in self._known.items():
            # What was said after the last reply may have been learnt, and not yet told.
            if means.get(phrase) not in {meaning, *taught.get(phrase, ())}:
                sys.stderr.write(f"lost: {phrase} should mean {meaning}, and means {means.get(phrase)}\n")
                self.lost += 1
        self._known = {phrase: means.get(phrase, meaning) for phrase, meaning in self._known.items()}

    def _recent_commands(self) -> frozenset[str]:
        return frozenset().union(*self._lives[-100:]) if self._lives else frozenset()

    def _meanings(self) -> dict[str, str]:
        profile = self.profile
        store = past.store_of(profile, past.home_name(profile, simulated=False, file=None))
        rewrites = rewrites_of_home(profile, store.home, store)
        try:
            return {rule.heard: rule.means for rule in rewrites.rules()}
        finally:
            rewrites.close()
            store.close()


def _of_a_turn(said: Said) -> bool:
    """Whether it came of what was heard, and not of a timer."""
    if said.topic == "edge/reply":
        return _LEARNT.fullmatch(said.payload) is not None
    return "/set" in said.topic and said.topic not in _TIMED_TOPICS


def _place(room: str | None) -> str | None:
    from edge.home.naming import place_id

    return place_id(room) if room else None


def _spoken_lessons() -> dict[tuple[str, str], bytes]:
    """None where nobody can speak them, or hear words that no sentence holds."""
    try:
        return {
            (phrase, meaning): sounds.spoken(f"When I say {phrase}, {meaning}.")
            for phrase in _PHRASES
            for meaning in _MEANINGS
        }
    except EdgeError as error:
        sys.stderr.write(f"no lessons: {error}\n")
        return {}


def measure(kills: int, seed: int) -> dict[str, Any]:
    """Kill it so often."""
    with tempfile.TemporaryDirectory(prefix="edge-kills-") as folder, mosquitto() as broker:
        watcher = Watcher(broker.port, "simulated/+/+/set/#", "edge/reply", status_topic("edge", CLIENT))
        try:
            with SimulatedHome(broker=("127.0.0.1", broker.port)):
                found = Killed(Path(folder), broker, watcher, seed)
                for number in range(kills):
                    found.once()
                    common.progress(number + 1, kills, "kills")
        finally:
            watcher.close()
    return {
        "kills": found.kills,
        "acted_twice": found.acted_twice,
        "lost": found.lost,
        "restart_s_p95": round(common.percentile(found.restarts_s, 95), 3),
        "restart_s_max": round(max(found.restarts_s, default=0.0), 3),
        "died": found.died,
        "commands": found.commands,
        "timer_commands": found.timed,
        "lessons": found.lessons,
    }
