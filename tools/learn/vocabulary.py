"""Make the published vocabulary: the only words that may leave a house (`python -m tools.learn.vocabulary`).

Three sources, all of them installed packages. Words that homes are spoken to with: those of Home Assistant's English
sentences, of the hub's own, and the published kinds of rooms and devices. The most frequent words beside them: by the
word probabilities of Pocketsphinx's English language model, which is also what a recogniser is likely to hear in
place of another word. Of those, none that Hunspell's English dictionary writes with a capital: names of people, places,
brands and days (rose and mark, too, as they are somebody's).

Of those frequent words a report holds only what sounds like what was meant, so that a long list costs no more privacy
than a short one, and finds more mishearings.

Numbers and times of day are no words of it, as they leave as marks. The file says nothing of its sources, which
`vocabulary_en.LICENSE.txt` does beside it.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.core.errors import EdgeError, MissingError
from edge.upstream.kinds import WORDS
from edge.upstream.vocabulary import DOMAINS, parsed, some, written
from edge.upstream.wording import NUMBERS, TIMES

OUT = Path("edge/upstream/vocabulary_en.txt")
MOST = 8_000
"""Frequent words beside those of homes."""

COURTESY = frozenset(some("please thanks thank hey hi hello okay could would kindly um uh sorry again quick"))
"""What people say around a request."""

_PARTS = frozenset(some("con ed en fi ing pre stor ve woul yesno"))
"""Parts of words in templates. Single letters, but for "a" and "I", are none either: they could spell a name."""

_OPTIONAL = re.compile(r"(\w+)\[(\w+)\]|\(([\w|]+)\)\[(\w+)\]|\(([\w|]+)\)(\w+)")
_WORD = re.compile(r"[a-z']+")
_REFERENCE = re.compile(r"[<{][^<>{}]*[>}]")
_FUNCTION = frozenset(some("will may can might must shall would i am us"))
"""Words that nobody takes for a name where they are said, though one may be called so."""


def sentences(data: object) -> Iterator[str]:
    """Every text in a tree of sentence templates, but for the keys."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from sentences(value)
    elif isinstance(data, list):
        for value in data:
            yield from sentences(value)


def template_words(template: str) -> set[str]:
    """The words that a template can say.

    >>> sorted(template_words("turn on [the] {area} (lamp|light)[s] <name>"))
    ['lamp', 'lamps', 'light', 'lights', 'on', 'the', 'turn']
    """
    text = _REFERENCE.sub(" ", template.lower())
    found: set[str] = set()
    for one in _OPTIONAL.finditer(text):
        stems = (one[1] or one[3] or one[5]).split("|")
        found.update(stem + (one[2] or one[4] or one[6]) for stem in stems)
    # A part of a word in brackets is none by itself.
    plain = re.sub(r"(?<=[\w)])\[\w+\]|\)\w+", " ", text)
    found.update(_WORD.findall(plain))
    return {word.replace("'", "") for word in found if not word.startswith("'")}


def home_words() -> set[str]:
    """What homes are spoken to with."""
    import home_assistant_intents
    import yaml

    folder = Path(str(home_assistant_intents.__file__)).parent / "data"
    english: dict[str, Any] = json.loads((folder / "en.json").read_text(encoding="utf-8"))
    trees = [english[key] for key in ("intents", "lists", "expansion_rules", "skip_words")]
    texts = list(sentences(trees))
    for file in sorted(Path("edge/nlu").glob("*_en.yaml")):
        texts.extend(sentences(yaml.safe_load(file.read_text(encoding="utf-8"))))
    found = set().union(*map(template_words, texts)) | WORDS
    found |= COURTESY | {part for domain in DOMAINS for part in domain.split("_")}
    return {word for word in found if re.fullmatch("[a-z]{2,24}|[ai]", word)} - _PARTS


def ranked_words() -> list[str]:
    """Every word of Pocketsphinx's dictionary, the likeliest first."""
    import pocketsphinx

    model = pocketsphinx.NGramModel(
        pocketsphinx.Config(), pocketsphinx.LogMath(), pocketsphinx.get_model_path("en-us/en-us.lm.bin")
    )
    lines = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines()
    words = {line.split()[0] for line in lines if line}
    return sorted((word for word in words if word.isalpha()), key=lambda word: (-model.prob([word]), word))


class Dictionary:
    """Hunspell's English one, which writes names with a capital."""

    def __init__(self) -> None:
        try:
            import hunspell
        except ImportError:
            raise MissingError(
                "vocabulary.hunspell",
                "Hunspell's dictionary is not installed: pip install -e '.[vocabulary]'",
            ) from None
        self._spell: Callable[[str], bool] = hunspell.Hunspell("en_US").spell
        raw = Path(str(hunspell.__file__)).parent / "dictionaries/en_US.dic"
        lines = raw.read_text(encoding="latin-1").splitlines()[1:]
        self._capital = {line.split("/")[0].lower() for line in lines if line[:1].isupper()}

    def plain(self, word: str) -> bool:
        """Whether it is a word, and none that is also a name."""
        stems = {word, word.removesuffix("s")}
        return stems.isdisjoint(self._capital) and self._spell(word)


_ORDINARY = frozenset(
    some(
        "act acts apples arts bacon ball balls band bank banks bars battle bay beans bear beard bell best bird "
        "birds bone bones boots boy bucks burns cage cap caps care cares carries cars cart case chance charity "
        "chase cook cotton craft days decks fancy fed fee fees field fields flowers forest forth glass golden "
        "goods grass gray guns guy hay head hill his honey hung ice innocent jeans jobs keen key keys knight lab "
        "land lands lane lanes lay lean lies link links lion lions lots major makers man marks mile miles moon "
        "olive page pages pan parks pen pin pole port post pound pounds punch reads rice ride rides rights rip "
        "rock rocks root roots row rush salt sand sat says sees sets shadow shadows sharp shell short sky snakes "
        "son sons spike stone storm storms sweet tells thus town trace trips ups van wall walls wash waters wave "
        "waves ways web weeks win wins wise wolf wood worth yards"
    )
)
"""Words that a dictionary also knows as surnames or abbreviations, and that everybody takes for words."""


def plain_words(ranked: Iterable[str], home: set[str], dictionary: Dictionary) -> Iterator[str]:
    """Those of a ranking that may be told: words of a dictionary that are no names, numbers or times."""
    for word in ranked:
        if word in home or word in NUMBERS or word in TIMES or (len(word) < 3 and word not in _SHORT):
            continue
        if word in _FUNCTION or word in _ORDINARY or dictionary.plain(word):
            yield word


_SHORT = frozenset(some("ah am an as at be by do eh go he hi if in is it me my no of oh ok on or so to uh um up us we"))
"""Words of two letters; all others are abbreviations."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file; exit status as documented in the README."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.learn.vocabulary", description=(__doc__ or "").split("\n\n", maxsplit=1)[0]
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE")
    parser.add_argument("--most", type=int, default=MOST, metavar="N", help="frequent words beside those of homes")
    args = parser.parse_args(argv)
    try:
        home = home_words() - NUMBERS - TIMES
        plain = list(plain_words(ranked_words(), home, Dictionary()))[: args.most]
    except EdgeError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    data = written(home, plain)
    args.out.write_bytes(data)
    made = parsed("en", data)
    print(f"{args.out}: {len(made.home)} words of homes, {len(made.plain)} beside them, sha256 {made.sha256}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
