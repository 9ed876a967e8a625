"""The command `edge devices --say`: how the hub expects a name to be said, aloud and in letters, and correcting it."""

import argparse
import json
import wave
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edge.core.errors import EdgeError, ExitCode, InputError, UnreachableError
from edge.core.home import HomeState
from edge.core.phones import Pronunciation, from_respelling, respelled
from edge.core.text import normalize

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from edge.asr.expectation import Expectation
    from edge.asr.lexicon import Lexicon, Reading
    from edge.profile import Profile
    from edge.reply.speak import HibariVoice


class Home(Protocol):
    """The home of the command line."""

    def snapshot(self) -> HomeState:
        """As it is now."""
        ...


PAUSE_S = 0.4
"""Between the ways to say a word."""

_HOW = 'say it as words ("eco bee"), as --say spells it (EE-koh-bee), or as phones between slashes (/IY K OW B IY/)'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `edge devices` takes for this."""
    parser.add_argument("--say", nargs="+", metavar="NAME", help="show how a name is expected to be said, and say it")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--as", nargs="+", dest="said_as", metavar="HOW", help=f"with --say WORD: {_HOW}")
    change.add_argument("--forget", action="store_true", help="with --say WORD: take back what --as has saved")
    parser.add_argument("--to", type=Path, metavar="FILE", help="with --say: write the sound to this WAV file instead")


def run(
    args: argparse.Namespace,
    profile: "Profile",
    open_home: "Callable[[], AbstractContextManager[tuple[Profile, Home]]]",
    expected: "Callable[[Profile, HomeState], Expectation]",
) -> ExitCode:
    """expected: what can be said in a home; may take seconds.

    Raises InputError (`say.no_name`, `say.language`, `say.one_word`, `say.how`, `say.nothing_saved`, `say.no_words`)
    and what reading and writing the household's file raises.
    """
    from edge.asr import pronunciations
    from edge.asr.lexicon import Lexicon, english_dictionary
    from edge.asr.spoken import spellings, spoken

    if not args.say:
        raise InputError("say.no_name", "--as, --forget and --to go with a name: edge devices --say NAME")
    if profile.language.split("-")[0] != "en":
        raise InputError("say.language", f"pronunciations are known for English only, not for {profile.language!r}")
    name, path = " ".join(args.say), profile.paths.pronunciations
    words = (spoken(name, profile.language) or "").split()
    if not words:
        raise InputError("say.no_words", f"{name!r} holds no word that can be said")
    own = pronunciations.read(path)
    if args.said_as or args.forget:
        if len(words) > 1:
            raise InputError(
                "say.one_word", f"a change takes one word, not {len(words)}: edge devices --say {words[0]}"
            )
        if args.forget and words[0] not in own:
            raise InputError("say.nothing_saved", f"nothing is saved for {words[0]!r} in {path}")
        new = (_phones(" ".join(args.said_as), Lexicon(english_dictionary(), own)),) if args.said_as else ()
        pronunciations.save(path, words[0], new)
        own = pronunciations.read(path)
    readings = Lexicon(english_dictionary(), own).readings(words, spellings(name))
    state, known, notes = HomeState(), None, []
    try:
        with open_home() as (_, home):
            state = home.snapshot()
        known = frozenset(expected(profile, state).words)
    except (InputError, UnreachableError) as error:
        if isinstance(error, InputError) and error.code != "link.not_configured":
            raise
        notes.append(str(error))  # how a word is said can be told, and saved, without the home
    rows = [
        {
            "word": word,
            "heard": word in readings and (None if known is None else word in known),
            "readings": [
                {"phones": " ".join(r.phones), "respelled": respelled(r.phones), "from": r.source.value}
                for r in readings.get(word, ())
            ],
        }
        for word in dict.fromkeys(words)
    ]
    sound, code = _sound(words, readings, args.to, profile.reply.voice)
    if profile.asr.engine not in ("auto", "pocketsphinx"):
        notes.append(f"asr.engine is {profile.asr.engine}, which reads words its own way: only pocketsphinx uses these")
    if args.json:
        found = {"name": name, "is": _is(name, state), "words": rows, "file": str(path), "sound": sound, "notes": notes}
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(name, _is(name, state), rows, [*notes, *_told(sound)])
    if code is not ExitCode.OK:
        return code
    return ExitCode.OK if len(readings) == len(rows) else ExitCode.NOT_DONE


def _phones(text: str, lexicon: "Lexicon") -> Pronunciation:
    """What was given with --as."""
    from edge.asr.lexicon import Source
    from edge.asr.pronunciations import phones_of

    if text.startswith("/"):
        try:
            return phones_of(text.strip("/"))
        except ValueError as error:
            raise InputError("say.how", f"{text}: {error}") from error
    # As it is printed: the stressed syllable in capitals, so one syllable alone is all capitals.
    if ("-" in text or text.isupper()) and " " not in text and (phones := from_respelling(text)):
        return phones
    words = normalize(text.replace("-", " ")).split()
    readings = lexicon.readings(words)
    known = (Source.HOUSEHOLD, Source.DICTIONARY, Source.BRAND)
    wrong = [word for word in words if word not in readings or readings[word][0].source not in known]
    if wrong or not words:
        raise InputError("say.how", f"{(wrong or [text])[0]!r} is no word of the dictionary; {_HOW}")
    return tuple(phone for word in words for phone in readings[word][0].phones)


def _is(name: str, home: HomeState) -> list[str]:
    """What in the home goes by this name."""
    entities = [entity.entity_id for entity in home.entities_named(name)]
    rooms = [f"room {area.name}" for area in home.areas_named(name)]
    return entities + rooms + [f"floor {floor.name}" for floor in home.floors_named(name)]


def _print(name: str, things: Sequence[str], rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> None:
    from edge.show import table

    heard = {True: "yes", False: "no", None: "—"}
    lines: list[tuple[str, ...]] = []
    for row in rows:
        lines += [
            (row["word"] * (at == 0), one["respelled"], one["phones"], one["from"], heard[row["heard"]] * (at == 0))
            for at, one in enumerate(row["readings"])
        ] or [(row["word"], "—", "—", "cannot be read as English; give it with --as", "no")]
    print(f"{name}: {', '.join(things)}\n" if things else f"{name}\n")
    print(table(("word", "said as", "phones", "from", "heard here"), lines))
    if any(row["heard"] is False and row["readings"] for row in rows):
        print("\nno: no sentence of this home holds the word")
    for note in notes:
        print(f"\n{note}")


def _told(sound: Mapping[str, Any]) -> list[str]:
    if sound["missing"]:
        return [f"not said aloud: {sound['missing']}"]
    return [f"written to {sound['file']}"] if sound["file"] else []


def _sound(
    words: Sequence[str], readings: "Mapping[str, tuple[Reading, ...]]", to: Path | None, voice_name: str | None
) -> tuple[dict[str, Any], ExitCode]:
    """Plays it, or writes it to the file; what came of that, and the exit status that it alone would have."""
    from edge.reply.speak import HibariVoice, SoundCard

    made: dict[str, Any] = {"played": False, "file": None, "missing": None}
    try:
        voice = HibariVoice(voice_name)
        pcm = _pcm(words, readings, voice)
        if to is not None:
            _write(to, pcm, voice.rate)
            made["file"] = str(to)
        elif pcm:
            card = SoundCard()
            card.play(pcm, voice.rate)
            card.close()
            made["played"] = True
    except EdgeError as error:
        made["missing"] = str(error)
        # Without a sound card all that can be read is still there to be read; a file was asked for.
        return made, error.exit_code if to is not None else ExitCode.OK
    return made, ExitCode.OK


def _pcm(words: Sequence[str], readings: "Mapping[str, tuple[Reading, ...]]", voice: "HibariVoice") -> bytes:
    """The name as it is most likely said, then every other way to say one of its words."""
    whole = [readings[word][0].phones for word in words if word in readings]
    if not whole:
        return b""
    others = [[reading.phones] for word in dict.fromkeys(words) for reading in readings.get(word, ())[1:]]
    pause = bytes(2 * round(PAUSE_S * voice.rate))
    return pause.join(voice.pronounce(said) for said in [whole, *others]) + pause


def _write(path: Path, pcm: bytes, rate: int) -> None:
    try:
        with path.open("wb") as out, wave.open(out, "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", "not compressed"))
            file.writeframes(pcm)
    except OSError as error:
        raise InputError("say.unwritable", f"{path}: {error.strerror}") from error
