"""How people answer "which one?", by language: what says all, none, and which in order, and the small words around."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edge.core.text import words

KINDS: Mapping[str, frozenset[str]] = {
    domain: frozenset(words(text))
    for domain, text in {
        "light": "light lights lamp lamps bulb",
        "switch": "switch plug socket outlet",
        "fan": "fan",
        "cover": "blind blinds shade shades curtain curtains shutter shutters door gate",
        "lock": "lock door",
        "climate": "thermostat heating heater radiator",
        "sensor": "sensor thermometer",
        "binary_sensor": "sensor door window",
        "media_player": "speaker player tv television telly radio stereo",
        "vacuum": "vacuum robot hoover",
        "scene": "scene",
    }.items()
}
"""Domain -> what people call its devices, whatever their names."""


@dataclass(frozen=True, slots=True)
class ChoiceWords:
    """One language's words, in normal form; of each kind the usual one first."""

    every: tuple[str, ...]
    """All, however many there are."""
    every_of: Mapping[int, tuple[str, ...]]
    """All, of just so many."""
    neither: tuple[str, ...]
    ordinals: tuple[tuple[str, ...], ...]
    """The first, the second and so on, without articles."""
    last: tuple[str, ...]
    small: frozenset[str]
    """Words that stand around an answer and tell nothing."""
    ones: frozenset[str] = frozenset()
    """Those of them that stand for a thing."""
    join: str = "and"
    said: tuple[str, ...] = ("{}",)
    """How a name, a room or an ordinal is put as an answer, for the recogniser; the usual way first."""
    placed: tuple[str, ...] = ("{}",)
    """How a room is."""
    levels: tuple[str, ...] = ()
    """Downstairs and upstairs."""


def _small(text: str) -> frozenset[str]:
    return frozenset(words(text))


_EN = ChoiceWords(
    every=("all of them", "all", "all of those", "every one", "every one of them", "each of them", "the lot"),
    every_of={
        2: ("both", "both of them", "both of those", "the two of them"),
        3: ("all three", "all three of them", "all 3", "the three of them"),
        4: ("all four", "all four of them", "all 4", "the four of them"),
    },
    neither=("neither", "neither of them", "neither one", "none", "none of them", "none of those", "not any of them"),
    ordinals=(
        ("first", "1st", "former", "number one", "number 1"),
        ("second", "2nd", "number two", "number 2"),
        ("third", "3rd", "number three", "number 3"),
        ("fourth", "4th", "number four", "number 4"),
    ),
    last=("last", "latter"),
    small=_small("the a an one ones my our in on at of from to please i mean meant said its it is thats that um uh"),
    ones=_small("one ones that"),
    said=("the {}", "{}", "the {} one"),
    placed=("in the {}", "the {}", "{}", "the {} one"),
    levels=("downstairs", "upstairs"),
)
_WORDS: Mapping[str, ChoiceWords] = MappingProxyType(
    {
        "en": _EN,
        "de": ChoiceWords(
            every=("alle", "alle davon", "alles"),
            every_of={2: ("beide", "alle beide"), 3: ("alle drei",), 4: ("alle vier",)},
            neither=("keine", "keins", "keines", "keinen", "keine davon", "keines von beiden", "keine von beiden"),
            ordinals=(
                ("erste", "ersten", "erster", "erstes"),
                ("zweite", "zweiten", "zweiter", "zweites"),
                ("dritte", "dritten", "dritter", "drittes"),
                ("vierte", "vierten", "vierter", "viertes"),
            ),
            last=("letzte", "letzten", "letzter", "letztes"),
            small=_small("der die das den dem im in am an auf von ein eine einen bitte ich meine"),
            join="und",
            said=("{}", "die {}", "der {}", "das {}", "den {}"),
            placed=("{}", "im {}", "in der {}"),
        ),
        "es": ChoiceWords(
            every=("todos", "todas", "todos ellos", "todas ellas"),
            every_of={
                2: ("los dos", "las dos", "ambos", "ambas"),
                3: ("los tres", "las tres"),
                4: ("los cuatro", "las cuatro"),
            },
            neither=("ninguno", "ninguna", "ninguno de los dos", "ninguna de las dos", "ninguno de ellos"),
            ordinals=(
                ("primero", "primera", "primer"),
                ("segundo", "segunda"),
                ("tercero", "tercera", "tercer"),
                ("cuarto", "cuarta"),
            ),
            last=("último", "última"),
            small=_small("el la los las lo en de del un una por favor"),
            join="y",
            said=("{}", "el {}", "la {}"),
            placed=("{}", "en el {}", "en la {}", "la de la {}", "la del {}"),
        ),
        "fr": ChoiceWords(
            every=("tous", "toutes"),
            every_of={
                2: ("les deux", "tous les deux", "toutes les deux"),
                3: ("les trois", "tous les trois", "toutes les trois"),
                4: ("les quatre", "tous les quatre", "toutes les quatre"),
            },
            neither=("aucun", "aucune", "aucun des deux", "aucune des deux", "ni lun ni lautre", "ni lune ni lautre"),
            ordinals=(
                ("premier", "première"),
                ("deuxième", "second", "seconde"),
                ("troisième",),
                ("quatrième",),
            ),
            last=("dernier", "dernière"),
            small=_small("le la les un une dans de du des au à en sur celui celle sil vous plaît te plaît"),
            join="et",
            said=("{}", "le {}", "la {}"),
            placed=("{}", "dans le {}", "dans la {}", "celle du {}", "celle de la {}"),
        ),
        "it": ChoiceWords(
            every=("tutti", "tutte"),
            every_of={
                2: ("entrambi", "entrambe", "tutti e due", "tutte e due"),
                3: ("tutti e tre", "tutte e tre"),
                4: ("tutti e quattro", "tutte e quattro"),
            },
            neither=("nessuno", "nessuna", "nessuno dei due", "nessuna delle due"),
            ordinals=(("primo", "prima"), ("secondo", "seconda"), ("terzo", "terza"), ("quarto", "quarta")),
            last=("ultimo", "ultima", "lultimo", "lultima"),
            small=_small("il lo la i gli le in nel nello nella nei del dello della di un una quello quella per favore"),
            join="e",
            said=("{}", "il {}", "la {}"),
            placed=("{}", "in {}", "quella della {}", "quella del {}"),
        ),
        "nl": ChoiceWords(
            every=("alle", "allemaal"),
            every_of={2: ("beide", "allebei", "alle twee"), 3: ("alle drie",), 4: ("alle vier",)},
            neither=("geen", "geen van beide", "geen van beiden", "geen enkele", "geen van allen"),
            ordinals=(("eerste",), ("tweede",), ("derde",), ("vierde",)),
            last=("laatste",),
            small=_small("de het een in op van die dat graag alsjeblieft ik bedoel"),
            join="en",
            said=("de {}", "{}", "het {}"),
            placed=("{}", "in de {}", "die in de {}"),
        ),
    }
)


def choice_words(language: str) -> ChoiceWords:
    """The words of a language; English where nobody has written down its own."""
    return _WORDS.get(language.split("-", maxsplit=1)[0], _EN)


def fixed(language: str) -> tuple[tuple[str, ...], ...]:
    """What may answer in any home: all, none, and each ordinal with the small words around it."""
    known = choice_words(language)
    ordinals = (known.last[:1], *(one[:1] for one in known.ordinals))
    return (
        (*known.every_of[2][:2], *known.every[:2], *(known.every_of[n][0] for n in (3, 4))),
        known.neither[:3],
        known.levels,
        tuple(way.format(one) for way in known.said for (one,) in ordinals),
    )
