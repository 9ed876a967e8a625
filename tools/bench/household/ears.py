"""What a recogniser makes of one person: some of their words it takes for others, nearly always for the same ones.

Voices differ, and so does what a recogniser mistakes in them; but of one voice it mistakes the same words day after day
(60 to 95 times in a hundred). What it takes them for sounds alike, and now and then is another thing of the house.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

Readings = tuple[tuple[str, float], ...]
"""With their confidence, best first."""

ALIKE: Mapping[str, tuple[str, ...]] = {
    "light": ("night", "right", "lied", "delight"),
    "lights": ("nights", "rights", "lice", "slides"),
    "lamp": ("lamb", "ramp", "lump", "land"),
    "fan": ("van", "pan", "fun", "phone"),
    "kitchen": ("chicken", "kitten", "kitsch in"),
    "kitchenette": ("kitchen at", "kitty net", "chicken neck"),
    "bedroom": ("bathroom", "bad room", "bread room", "red room"),
    "bathroom": ("bedroom", "bat room", "ballroom", "back room"),
    "living": ("leaving", "giving", "loving"),
    "lounge": ("lunch", "launch", "long"),
    "family": ("fame lee", "finally", "from me"),
    "sitting": ("city", "sitcom", "fitting"),
    "dining": ("dying", "diving", "shining"),
    "breakfast": ("brake fast", "black first", "bread first"),
    "hallway": ("highway", "holy", "all way"),
    "hall": ("hole", "all", "haul"),
    "entrance": ("and trance", "in trance", "answers"),
    "office": ("offers", "of this", "orifice"),
    "study": ("steady", "sturdy", "city"),
    "den": ("then", "ten", "dan"),
    "loft": ("left", "lost", "laughed"),
    "nursery": ("nurse he", "mercy", "nursing"),
    "guest": ("guessed", "best", "yes"),
    "kids": ("kitts", "kits", "skids"),
    "garage": ("carriage", "garbage", "barrage"),
    "carport": ("car part", "airport", "cardboard"),
    "garden": ("guard in", "pardon", "garten"),
    "backyard": ("back hard", "pack yard", "bankcard"),
    "patio": ("ratio", "petty oh", "radio"),
    "laundry": ("lawn tree", "laundered", "country"),
    "utility": ("you till a tea", "futility", "ability"),
    "basement": ("pavement", "payment", "baseman"),
    "ensuite": ("and sweet", "on suite", "in suite"),
    "shower": ("sour", "chauffeur", "hour"),
    "blinds": ("blends", "blind", "minds"),
    "curtains": ("certain", "curtain", "carton"),
    "shutters": ("shudders", "shatters", "shadows"),
    "heating": ("eating", "heeding", "meeting"),
    "thermostat": ("firm start", "thermal stat", "term is that"),
    "radiator": ("radio later", "ready eater", "gladiator"),
    "radio": ("ratio", "rodeo", "red oh"),
    "speaker": ("beaker", "speak her", "sneaker"),
    "stereo": ("steering oh", "cereal", "material"),
    "television": ("tell a vision", "tell of vision", "relation"),
    "tv": ("t b", "tee", "t v d"),
    "ceiling": ("sealing", "feeling", "stealing"),
    "main": ("mane", "name", "lane"),
    "big": ("pig", "bag", "fig"),
    "floor": ("four", "flaw", "flow"),
    "standing": ("stunning", "sending", "landing"),
    "reading": ("red ink", "leading", "riding"),
    "table": ("cable", "tablet", "stable"),
    "corner": ("corn a", "coroner", "gunner"),
    "bedside": ("bad site", "bed sight", "beside"),
    "desk": ("dusk", "disk", "test"),
    "counter": ("count a", "counted", "county"),
    "coffee": ("copy", "cough he", "café"),
    "kettle": ("cattle", "kennel", "metal"),
    "maker": ("major", "make her", "baker"),
    "vacuum": ("back room", "fact um", "vacume"),
    "percent": ("present", "per sent", "person"),
    "degrees": ("decrease", "the grease", "the greece"),
    "turn": ("torn", "term", "burn"),
    "switch": ("which", "sweets", "stitch"),
    "set": ("said", "sat", "send"),
    "close": ("clothes", "claws", "grows"),
    "open": ("oh pen", "hoping", "happen"),
    "dim": ("dem", "team", "them"),
    "lock": ("look", "log", "block"),
    "timer": ("time a", "diner", "time are"),
    "minutes": ("mints", "minute", "menace"),
    "volume": ("volumes", "fall you", "column"),
    "brighter": ("brider", "writer", "right her"),
    "warmer": ("warm a", "former", "one more"),
    "shopping": ("chopping", "shipping", "stopping"),
    "scene": ("seen", "sea", "clean"),
    "50": ("15",), "fifty": ("fifteen",), "30": ("13",), "thirty": ("thirteen",), "40": ("14",), "60": ("16",),
    "sixty": ("sixteen",), "forty": ("fourteen",), "70": ("17",), "seventy": ("seventeen",), "80": ("18",),
}  # fmt: skip
"""Word -> what it may be taken for. But for the first of each, half is heard in households of even seed only, half in
those of odd seed."""

_EVERYWHERE = frozenset(("light", "lights", "turn", "percent"))
"""Words that are in every other request: whose hub mistakes them gives it back."""


@dataclass(frozen=True)
class Mistake:
    """One word that is taken for another."""

    word: str
    heard: str
    how_often: float
    """Of 1."""
    doubted: float
    """How often the word itself is the second reading then."""


class Ears:
    """The hub's ears for the people of one household.

    used: words of what is asked there, most asked first; those are mistaken that somebody says.
    """

    def __init__(self, seed: int, used: Iterable[str]) -> None:
        self._seed = seed
        self._used = tuple(dict.fromkeys(word for word in used if word in ALIKE))
        self._known: dict[str, Mapping[str, Mistake]] = {}

    def mistakes(self, person: str) -> Mapping[str, Mistake]:
        """Word -> what becomes of it in this person's voice."""
        if person not in self._known:
            rng = Random(f"ears {self._seed} {person}")
            # Some of what is said every day, and one of anything.
            often = [word for word in self._used if word not in _EVERYWHERE][:12]
            common = rng.sample(often, min(rng.choice((0, 1, 1, 2)), len(often)))
            words = common + rng.sample([w for w in ALIKE if w not in common and w not in _EVERYWHERE], 1)
            self._known[person] = {word: self._mistake(word, rng) for word in words}
        return self._known[person]

    def hear(self, text: str, person: str, rng: Random) -> Readings:
        """What is heard of it, best first; mostly what was said, with one reading beside it at times."""
        mistakes = self.mistakes(person)
        said = text.split()
        taken = [mistakes[w] for w in said if w in mistakes and rng.random() < mistakes[w].how_often]
        if not taken:
            return ((text, round(rng.uniform(0.85, 1.0), 2)),)
        heard = {one.word: one.heard for one in taken}
        wrong = " ".join(heard.get(word, word) for word in said)
        sure = round(rng.uniform(0.55, 0.85), 2)
        if rng.random() < max(one.doubted for one in taken):
            return ((wrong, sure), (text, round(sure * rng.uniform(0.4, 0.8), 2)))
        return ((wrong, sure),)

    def _mistake(self, word: str, rng: Random) -> Mistake:
        every = ALIKE[word]
        mine = [one for at, one in enumerate(every) if not at or zlib.crc32(one.encode()) % 2 == self._seed % 2]
        return Mistake(word, rng.choice(mine), rng.uniform(0.6, 0.95), rng.choice((0.0, 0.3, 0.6)))
