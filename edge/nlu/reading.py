"""One sentence to one reading, by all means there are: the grammar, the same sentence put plainly, and its parts.

Home Assistant's grammar knows one request a sentence. People join them ("turn off the hall and living room lights and
lock the front door") and take things out ("all lights but the bedroom's"). A request of several parts is understood in
all of its parts or not at all: half of what was asked is not what was asked.
"""

from collections.abc import Iterator
from dataclasses import replace

from edge.core.home import HomeState
from edge.core.text import normalize, words
from edge.core.turn import Interpretation, Part, Slot
from edge.nlu.grammar import MAX_SENTENCE_CHARS, Grammar
from edge.nlu.paraphrase import HomeWords, Words, tidy
from edge.nlu.similar import harmless
from edge.nlu.unknown import unknown_thing
from edge.nlu.verbs import BY_DOMAIN, VERBS

MAX_PARTS = 5
"""Requests in one sentence; nobody says more, and each costs its own time."""
MAX_READS = 9
"""Times that the grammar is asked for one sentence beside the sentence itself."""
MAX_READ_WORDS = 60
"""Words that it is asked about for one sentence, in all parts and rewordings together: long parts take longer. What is
not found by then is not there, and people wait; real requests of three parts need half of it."""
MAX_PART = 12
"""Words of one part; more are no request."""
MAX_TRIES = 24
"""Ways in which one sentence is taken apart."""
MAX_STRANGE = 3
"""Words that no sentence of the language and no name of the home holds; a sentence with more of them is not taken
apart: its parts would be asked for one by one, and none be found."""

MAX_OPEN = 6
"""Open readings of one sentence."""

_PLUS = (("as", "well", "as"), ("along", "with"), ("together", "with"), ("plus",))
_AND = (("and", "then"), ("and", "also"), ("and", "after", "that"), ("after", "that"), ("and",), ("then",), *_PLUS)
_VERBS = frozenset(
    words(
        """
        activate close dim disarm arm lock lower mute open pause play raise set shut start stop switch turn unlock
        darken brighten dock run
        """
    )
)
"""Words that begin a request also where no "and" does: a recogniser, or a hurry, leaves it out."""
_MORE_VERBS = frozenset(
    words(
        """
        put make get have bring change add remove draw pull move kill cut shut flip power light fade roll wind take give
        deactivate enable disable increase decrease reduce warm heat cool skip resume send colour color secure bolt
        check tell
        """
    )
)
"""More words that begin a request, which are as common within one."""
_LAST = frozenset(
    ("on", "off", "up", "down", "out", "open", "closed", "shut", "brighter", "darker", "warmer", "cooler")
)
"""Words at the end that two things may share, as in "switch the lamp in the hall and the fan in the den off"."""
_EXCEPT = (
    *(("except", "for"), ("except", "in"), ("except",), ("but", "not"), ("apart", "from"), ("other", "than")),
    *(("excluding",), ("besides",), ("but", "leave", "out")),
)
_MAX_NEAREST_WORDS = 14
_FREE_TEXT = ("HassBroadcast", "HassMediaSearch", "HassRespond", "HassNevermind", "HassList", "HassShoppingList")
"""Beginnings of intents that take any words: everything is near to them."""
_SMALL = frozenset(("the", "my", "our", "in", "on", "at", "for", "those", "ones", "of", "not"))
_NO_BEGIN = frozenset(
    words(
        """
        to of in at for from with by and then or but it they she he you was were that this those is are am be been what
        which who where when why how did does has had not on off
        """
    )
)
"""Words that no command begins with, of which the parts of a sentence are."""
_NO_END = frozenset(("and", "then", "or", "the", "my", "our", "a", "an", "of", "is", "are"))
"""Words that no request ends with."""


class Reader:
    """Reads sentences in one language; keeps what it has worked out for a home until its names change."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._english = grammar.language.split("-", maxsplit=1)[0] == "en"
        self._words: tuple[object, tuple[str | None, ...], HomeWords] | None = None
        self._words_of: HomeState | None = None
        self._read: dict[Words, Interpretation | None] = {}
        self._tries = self._words_read = 0

    def interpret(self, text: str, home: HomeState) -> Interpretation | None:
        """The reading of one sentence in this home, or None when there is none."""
        if len(text) > MAX_SENTENCE_CHARS:
            return None
        self._read.clear()
        self._tries = self._words_read = 0
        found = self.grammar.interpret(text, home)
        if not self._english or not (said := tuple(normalize(text).split())):
            return found and replace(found, text=text)
        if found is None:
            found = self._plainly(said, home)
        elif found.intent == "HassGetState" and (plain := tidy(said)) != said:
            # "Is anybody home please": any words may be a place, and courtesy is none.
            found = self._whole(plain, home) or found
        return found and replace(found, text=text)

    def readings(self, text: str, home: HomeState, limit: int) -> tuple[Interpretation, ...]:
        """All readings of one sentence, best first: the grammar's, else the one that all other means give."""
        if len(text) > MAX_SENTENCE_CHARS:
            return ()
        if found := self.grammar.readings(text, home, limit):
            return found
        other = self.interpret(text, home) or self.nearest(text, home)
        return (other,) if other else ()

    def left_open(self, text: str, home: HomeState) -> tuple[Interpretation, ...]:
        """The readings of one sentence that leave to the context what is meant, the most literal first."""
        if not self._english or len(text) > MAX_SENTENCE_CHARS:
            return ()
        said = " ".join(tidy(tuple(normalize(text).split())))
        found = self.grammar.open_readings(said, home, MAX_OPEN) if said else ()
        return tuple(replace(reading, text=text) for reading in found)

    def nearest(self, text: str, home: HomeState) -> Interpretation | None:
        """The reading of the nearest sentence that can be said in this home; None where none is near, or two are."""
        said = tidy(tuple(normalize(text).split())) if len(text) <= MAX_SENTENCE_CHARS else ()
        if not self._english or not said or len(said) > _MAX_NEAREST_WORDS:
            return None
        known = self.words(home)
        near = self.grammar.vocabulary.nearest(said, known.places(said))
        if near is None or near.at in known.places(near.words):  # a guess must not make a name
            return self.similar(text, home)
        found = self.interpret(" ".join(near.words), home)
        if found is None or found.intent.startswith(_FREE_TEXT) or not found.intent.startswith("Hass"):
            return self.similar(text, home)
        return replace(found, text=text, source="nearest", score=near.likeness, runner_up=near.second)

    def similar(self, text: str, home: HomeState) -> Interpretation | None:
        """The reading of the sentence that means about the same, where it can be done by guess; else None."""
        said = tidy(tuple(normalize(text).split())) if len(text) <= MAX_SENTENCE_CHARS else ()
        known = self.grammar.similar if said else None
        near = known.nearest(said, self.words(home), home) if known else None
        for sentence in near.texts if near else ():
            found = self.grammar.interpret(sentence, home)
            # "Turn off {area} light" must not become the light of that name.
            if near and found and found.intent == near.intent and near.named == (found.slot("name") is not None):
                found = replace(found, text=text, source="nearest", score=near.similarity, runner_up=near.second)
                return found if harmless(found, home) else None
        return None

    def unknown(self, text: str, home: HomeState) -> Interpretation | None:
        """A request for what this home does not have, for a refusal that names it; None where it is none."""
        if not self._english or len(text) > MAX_SENTENCE_CHARS:
            return None
        found = unknown_thing(tuple(normalize(text).split()), self.words(home))
        return found and replace(found, text=text)

    def words(self, home: HomeState) -> HomeWords:
        """What this home's things are called."""
        if self._words is not None and self._words_of is home:
            return self._words[2]  # asked for a dozen times a sentence
        names, rooms = self.grammar.slot_lists(home), tuple(e.area for e in home.entities.values())
        if self._words is None or self._words[0] is not names or self._words[1] != rooms:
            self._words = (names, rooms, HomeWords(home))
        self._words_of = home
        return self._words[2]

    def _plainly(self, said: Words, home: HomeState) -> Interpretation | None:
        plain = tidy(said)
        if "and" in plain:
            plain = tuple(word for word in plain if word != "both")
        return (
            (self._whole(plain, home) if plain != said else None)
            or self._renamed(plain, home)
            or self._except(plain, home)
            or self._apart(plain, home)
            or self._here(plain, home)
        )

    def _apart(self, said: Words, home: HomeState) -> Interpretation | None:
        if len(list(_joints(said))) >= MAX_PARTS or self._strange(said, home) > MAX_STRANGE:
            return None
        return self._several(said, home)

    def _strange(self, said: Words, home: HomeState) -> int:
        """How many of the words neither a sentence nor a name of the home holds."""
        known, names = self.grammar.vocabulary, self.words(home).all_words
        return sum(1 for word in said if word not in names and not known.holds(word))

    def _here(self, said: Words, home: HomeState) -> Interpretation | None:
        """A name without its room means the one in the microphone's room; with another room it is said for that."""
        here, known = home.area(home.mic_area), self.words(home)
        if here is None or next(known.rooms(said), None):
            return None
        named = known.here(said, here.name)
        if named == said:
            return None
        return self._whole(named, home) or self._except(named, home) or self._apart(named, home)

    def _whole(self, said: Words, home: HomeState) -> Interpretation | None:
        # The parts of a sentence are tried in many ways, and most of them more than once.
        if said and said not in self._read and not self._hopeless(len(said)):
            self._words_read += len(said) if len(said) <= MAX_PART else 0  # the whole, said in other words
            self._read[said] = self.grammar.interpret(" ".join(said), home)
        return self._read.get(said)

    def _renamed(self, said: Words, home: HomeState) -> Interpretation | None:
        known = self.words(home)
        named = known.named(said)
        if named != said and (found := self._whole(named, home)):
            return found
        for bare, area, name in known.placed(said):
            if known.mention(bare):
                continue  # a bare name, wherever the thing is: nobody knows what is to be done to it
            found = self._whole(bare, home)
            if found is not None and found.slot("area") in (None, "") and _names(found, name):
                # The room stays said: of two lamps of one name it tells which.
                slots = tuple(slot for slot in found.slots if slot.name != "area")
                return replace(found, slots=(*slots, Slot("area", area, area)))
        return None

    def _hopeless(self, more: int = 0) -> bool:
        """Whether all that may be spent on the sentence is spent, or would be by reading so many words more."""
        if self._words_read + more > MAX_READ_WORDS:
            return True
        return self._tries > MAX_TRIES or len(self._read) >= MAX_READS or self._words_read >= MAX_READ_WORDS

    def _one(self, said: Words, home: HomeState) -> Interpretation | None:
        """A part of a sentence, as a command. A bare name is none: nobody knows what is to be done to it."""
        if not 2 <= len(said) <= MAX_PART or said[0] in _NO_BEGIN or said[-1] in _NO_END:
            return None
        if self.words(home).mention(said):
            return None
        plain = tidy(said)
        found = self._whole(plain, home) or self._renamed(plain, home) or self._except(plain, home)
        return found if found and (found.intent in BY_DOMAIN or found.intent in VERBS) else None

    def _except(self, said: Words, home: HomeState) -> Interpretation | None:
        for at, size in _places(said, _EXCEPT):
            rest = said[:at]
            found = self._whole(rest, home) or self._renamed(rest, home)
            if found is None or found.slot("name") is not None or found.intent not in (*BY_DOMAIN, "HassLightSet"):
                continue
            left = [self._left(part, home) for part in _listed(said[at + size :])]
            if left:
                return replace(found, slots=(*found.slots, *left))
        return None

    def _left(self, said: Words, home: HomeState) -> Slot:
        """What is not meant. Of what is not known `resolve` refuses the whole: to leave out nothing would be wider."""
        known = self.words(home)
        bare = tuple(word for word in said if word not in _SMALL)
        without_kind = bare[:-1] if bare[-1:] and bare[-1] in ("light", "lights", "one", "lamp", "lamps") else bare
        for called in (said, bare, without_kind):
            if mention := known.mention(called):
                return Slot(f"except_{mention[0]}", mention[1], " ".join(said))
        return Slot("except_name", " ".join(bare or said), " ".join(said))

    def _several(self, said: Words, home: HomeState, parts: int = MAX_PARTS) -> Interpretation | None:
        if parts < 2 or self._hopeless():
            return None
        # The last joint first: what is before it is the longer, and shares its words among its own parts.
        for at, size in reversed(list(_joints(said))):
            left, right = said[:at], said[at + size :]
            for first, second in ((left, right), *self._shared(left, right, home)):
                self._tries += 1
                if self._hopeless():
                    return None
                # "... in the hall | and | the den and the loft": the shared words make a sentence of several again.
                other = self._one(second, home) or (self._several(second, home, parts - 1) if second != right else None)
                one = other and (self._one(first, home) or self._several(first, home, parts - 1))
                if one and other and (second == right or _same_room(one, other)):
                    return replace(one, also=(*one.also, Part(other.intent, other.slots), *other.also))
        return None

    def _shared(self, left: Words, right: Words, home: HomeState) -> Iterator[tuple[Words, Words]]:
        """The two sentences that the words may stand for, each with what the two share."""
        known = self.words(home)
        # "Turn off the hall | and | living room lights": two names side by side share all around them.
        skip = 1 if right[:1] and right[0] in ("the", "my", "our", "in") else 0
        skip += 1 if right[skip : skip + 1] and right[skip] in ("the", "my", "our") else 0
        begins, ends = known.beginning(right[skip:]), known.ending(left)
        # A room and a device are none: of "the lamp in the hall and the radio" only the verb is shared.
        if begins and ends and known.kind(left[-ends:]) == known.kind(right[skip : skip + begins]):
            begins += known.place(right[skip + begins :])
            tail = right[skip + begins :]
            yield left + tail, left[:-ends] + right[skip : skip + begins] + tail
        # "Switch the lamp in the hall | and | the fan in the den off", "set the lamp | and | the spot here to red".
        tail = right[right.index("to") :] if "to" in right[1:] else right[-1:] if right[-1] in _LAST else ()
        if tail and len(right) > len(tail) and left[-1:] != tail[-1:]:
            for size in range(1, min(2, len(left) - 1) + 1):
                yield left + tail, left[:size] + right
        if left[0] not in _VERBS and left[0] not in _MORE_VERBS:
            return  # what two parts share begins with what is to be done
        # "Turn on the lamp | and | the radio", "set the lamp to red and the spot to blue".
        for size in (2, 1, 3) if left[1:2] and left[1] in _LAST else (1, 2, 3):
            if size < len(left):
                yield left, left[:size] + right
        room = next(known.rooms(left), None)
        if room:
            bare = right[1:] if right[:1] and right[0] in ("the", "my", "our") else right
            for size in (2, 1, 3) if left[1:2] and left[1] in _LAST else (1, 2, 3):
                if size >= len(left):
                    continue
                yield left, left[:size] + left[room[0] : room[1]] + bare


def begins_request(text: str) -> bool:
    """Whether a text begins with a word that requests begin with."""
    return text.split(" ", maxsplit=1)[0] in _VERBS | _MORE_VERBS


def _same_room(one: Interpretation, other: Interpretation) -> bool:
    """Whether the second part is meant where it seems to be: "the bedroom lamp and fan" is no fan of this room."""
    said_a_room = any(slot.name in ("area", "floor", "name") and slot.text for slot in one.slots)
    return not (said_a_room and any(slot.name == "area" and not slot.text for slot in other.slots))


def _names(found: Interpretation, name: Words) -> bool:
    said = found.slot("name")
    return said is not None and any(
        tuple(normalize(one).split()) == name for one in (str(said), *(s.text for s in found.slots if s.name == "name"))
    )


def _places(said: Words, joints: tuple[Words, ...]) -> Iterator[tuple[int, int]]:
    """Where one of the joints stands within the words, and how many words it has."""
    at = 1
    while at < len(said) - 1:
        size = next((len(joint) for joint in joints if said[at : at + len(joint)] == joint), 0)
        if size and at + size < len(said):
            yield at, size
        at += size or 1


def _joints(said: Words) -> Iterator[tuple[int, int]]:
    """Where one request may end and the next begin, and of how many words the joint is; of none before a verb."""
    joints = dict(_places(said, _AND))
    behind = {at + size for at, size in joints.items()}
    for at in range(2, len(said) - 1):
        if at in joints:
            yield at, joints[at]
        elif said[at] in _VERBS and at not in behind and said[at - 1] not in ("to", "and", "then", *_SMALL):
            yield at, 0


def _listed(said: Words) -> list[Words]:
    parts: list[Words] = [()]
    for word in said:
        if word in ("and", "or"):
            parts.append(())
        else:
            parts[-1] += (word,)
    return [part for part in parts if part]
