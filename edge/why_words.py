"""What spoke for an option, in words: a line for every feature that the ranker knows. Pure.

A feature's name may begin with the kind of request it is weighed for ("switch:here"), and with `ask:` or `refuse:`
where it speaks for a question or a refusal; the words are those of what it says.
"""

from collections.abc import Mapping

from edge.core.lessons import LessonAction, LessonDo

_WORDS: Mapping[str, str] = {
    # Where it comes from
    "plain": "the words alone mean it",
    "state": "the home as it is allows it",
    "spoken": "it goes on from what was said",
    "habit": "it is for what is usual here",
    # What was said before
    "the_last_turn": "goes on from the last request",
    "an_earlier_turn": "goes on from an earlier request",
    "said_just_now": "that was said within a minute",
    "said_lately": "that was said minutes ago",
    "said_long_ago": "that was said some time ago",
    "spoken_of": "it was spoken of last",
    "spoken_of_just_now": "it was spoken of within a minute",
    "spoken_of_in_part": "some of it was spoken of last",
    "spoken_of_before": "it was spoken of before that",
    "says_it": 'said "it"',
    "says_them": 'said "them"',
    "it_is_one": '"it" would be one thing',
    "it_is_several": '"it" would be several things',
    "them_is_one": '"them" would be one thing',
    "them_is_several": '"them" would be several things',
    "it_was_spoken_of": '"it" would be what was spoken of',
    "them_was_spoken_of": '"them" would be what was spoken of',
    "undo": "puts back what was done",
    "same": "the same, somewhere else",
    "meant": "in place of what was done",
    "other": "another of its sort",
    "same_noun": "called alike",
    # Where it is
    "here": "in this room",
    "the_only_one_here": "the only one in this room",
    "in_no_room": "in no room",
    "room_unknown": "nobody knows in which room that was said",
    "on_this_floor": "on this floor",
    "elsewhere": "somewhere else",
    "says_here": 'said "here"',
    # How it is
    "several": "several things",
    "all_that_change": "all that would change",
    "the_only_one": "the only one there is",
    "the_only_one_that_changes": "the only one that would change",
    "changes": "it would change",
    "changes_nothing": "it would change nothing",
    "changed_just_now": "it changed within a minute",
    "changed_lately": "it changed a while ago",
    "changed_last": "it changed last of all",
    "is_on": "it is on",
    "is_off": "it is off",
    "moving": "it is moving",
    "playing": "it is playing",
    "paused": "it is paused",
    "rings": "it is ringing",
    "in_the_dark": "it is dark",
    "with_nobody_home": "nobody is home",
    "needs_yes": "it needs a yes",
    "unreachable": "it cannot be reached",
    "running": "it is running",
    # What is usual
    "usual": "usual here",
    "seen_before": "seen once or twice",
    "how_usual": "how often it was seen",
    "the_most_usual": "the most usual of all",
    "usual_any": "usual at any time",
    "usual_hour": "usual at this time",
    "usual_after": "usual after what has happened",
    "far_more_usual": "how far ahead of the next most usual it is",
    "unusual_while_another_is_usual": "unusual, while another is usual",
    # What the words say of it
    "says_kind": "the sort of thing was said",
    "loose": "said loosely",
    "any_will_do": "any of them would do",
    "all_here": "all of them in this room",
    "step": "a bit more of what is on",
    "scene": "a scene for it",
    "light": "gives light",
    "warmth": "makes warmer",
    "cool": "makes cooler",
    "dry": "dries the air",
    "damp": "the air is damp there",
    "dampest": "the dampest room",
    "empty": "in rooms where nobody is",
    "brew": "brews",
    "comfort": "the usual warmth",
    "cosy": "the usual light",
    "music": "plays music",
    "untitled": "whatever is there to play",
    "news": "plays the news",
    "screen": "has a screen",
    "sound": "has a speaker",
    "how_watch": "to be watched",
    "how_listen": "to be listened to",
    "how_play": "to be played",
    "how_music": "music to be played",
    "how_watch_screen": "to be watched, on a screen",
    "how_watch_sound": "to be watched, on a speaker",
    "how_listen_screen": "to be listened to, on a screen",
    "how_listen_sound": "to be listened to, on a speaker",
    "how_play_screen": "to be played, on a screen",
    "how_play_sound": "to be played, on a speaker",
    "how_music_screen": "music, on a screen",
    "how_music_sound": "music, on a speaker",
    "temperature": "tells a temperature",
    "heat": "tells how hot it is",
    "hot": "for more than rooms",
    "hot_on": "hot, and on",
    "hot_on_and_no_room_said": "hot, on, and no room was said",
    "while_something_hot_is_on": "while something hot is on",
    "thermostat": "the room's thermostat",
    "finished": "tells whether it is done",
    "as_heard": "how well that was heard",
    # Of asking and refusing
    "always": "as ever",
    "one_changes": "one thing would change",
    "several_change": "several things would change",
    "nothing_changes": "nothing would change",
    "nothing_said_before": "nothing was said before",
    "something_usual": "something is usual here",
}
_KINDS: Mapping[str, str] = {
    "switch": "to switch something",
    "lock": "about a lock",
    "media": "about what plays",
    "stop": "to stop something",
    "set": "to set something",
    "talk": "to go on",
    "need": "a need",
    "play": "to play something",
    "ask": "a question",
}
"""Family of requests -> what it is."""
_WAYS = {"ask": "asking", "refuse": "refusing"}


def described(name: str) -> str:
    """The feature in words; one that nobody has worded as it is called."""
    said = _worded(name)
    return name if said is None else said


_WHEN: Mapping[str, str] = {
    "in_the_night": "in the night",
    "in_the_morning": "in the morning",
    "in_the_day": "by day",
    "in_the_evening": "in the evening",
    "at_the_weekend": "at the weekend",
    "in_the_dark": "in the dark",
    "with_nobody_home": "with nobody home",
}


def _timed(base: str) -> str | None:
    """Of "turn_on_in_the_dark": that it would be turned on, and when."""
    found = next((when for when in _WHEN if base.endswith(f"_{when}")), None)
    return f"to {base.removesuffix(f'_{found}').replace('_', ' ')}, {_WHEN[found]}" if found else None


def is_worded(name: str) -> bool:
    """Whether there are words for the feature."""
    return _worded(name) is not None


def _worded(name: str) -> str | None:
    way, _, rest = name.partition(":")
    base = name.rpartition(":")[2]
    if base.startswith("verb_"):
        words: str | None = f'it is to be "{base.removeprefix("verb_").replace("_", " ")}"'
    elif (timed := _timed(base)) is not None:
        words = timed
    elif base.startswith("needs_") and base != "needs_yes":
        words = f"somebody needs {base.removeprefix('needs_')}"
    elif ":" in name and base in _KINDS and way in _WAYS:
        words = _KINDS[base]
    else:
        words = _WORDS.get(base) or _KINDS.get(base)
    # "ask:here" is of a question about the home; "ask:always" of asking back, which has features of its own.
    back = way in _WAYS and (way == "refuse" or rest.partition(":")[2] or rest in _OF_ASKING or _is_kind(rest))
    return f"{_WAYS[way]}: {words}" if words is not None and back else words


_OF_ASKING = frozenset(
    ("always", "one_changes", "several_change", "nothing_changes", "nothing_said_before", "something_usual")
)


def _is_kind(name: str) -> bool:
    return name in _KINDS or (name.startswith("needs_") and name != "needs_yes")


_LESSONS: Mapping[LessonDo, str] = {
    LessonDo.PHRASE: "learns what a phrase means",
    LessonDo.NAME: "learns a name",
    LessonDo.LIKE: "learns what is liked",
    LessonDo.REMEMBER: "remembers what was meant",
    LessonDo.FORGET: "forgets what was learned",
    LessonDo.TELL: "tells what was learned",
    LessonDo.GUIDE: "asks what is liked",
    LessonDo.OFFER: "was told whether to remember that",
    LessonDo.WORKED: "was told whether it worked",
}


def lesson_words(lesson: LessonAction) -> str:
    """What a plan does about what was learned, without what that was.

    >>> lesson_words(LessonAction(LessonDo.TELL))
    'tells what was learned'
    """
    return "asks whether to forget everything" if lesson.everything and lesson.asks else _LESSONS[lesson.do]
