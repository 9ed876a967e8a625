"""How people teach, correct and praise in English, as patterns over the normal form without courtesy.

They are looked at before every request, so they are patterns, which cost microseconds, and no templates.
"""

import re
from collections.abc import Mapping


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\s*\n\s*", "", text.strip()) + r"\Z")


def _said(text: str) -> frozenset[str]:
    """What stands between commas."""
    return frozenset(" ".join(one.split()) for one in text.split(","))


_NO = r"(?:no|nope|nah|sorry|wait|stop|wrong|thats wrong|that is wrong|not that|thats not what i (?:meant|said|wanted))"
MEANT = _pattern(
    rf"(?:{_NO} )+(?:i|we) (?:meant to say|meant|mean|said|wanted you to|wanted to|wanted|want you to|want|asked you "
    r"to|asked to|asked for|told you to|was asking for) (?:you to |to )?(?P<request>.+)"
)
""" "No, I meant ..."."""
MEANT_BARE = _pattern(
    r"(?:(?:i|we) (?:meant to say|meant|mean|said|asked you to|told you to) (?:to )?|no )(?P<request>.+)"
)
"""What may begin a correction, where the rest is plainly a request and the whole is none."""

CONFIRM = _said(
    """
    that worked, it worked, yes that worked, yes it worked, it did, yes it did, that is right, thats right, yes
    thats right, yes that is right, that was right, yes that was right, correct, thats correct, yes thats
    correct, thats what i meant, yes thats what i meant, thats what i wanted, yes thats what i wanted, that is
    what i meant, that is what i wanted, well done, good job, perfect, thats perfect, great, thats great, thats
    it, good, very good, thats good, exactly, thanks thats right, thank you thats right, thanks that worked,
    thank you that worked, thanks thats perfect, thank you thats perfect, right, yes right, youre right, you got
    it, you got it right, you got that right, thats what i said, yes thats what i said, good hub
    """
)
"""What says that it was right."""
DENY = _said(
    """
    thats wrong, that is wrong, no thats wrong, no that is wrong, that was wrong, no that was wrong, wrong, no
    wrong, incorrect, not correct, thats not right, that is not right, no thats not right, that isnt right, no
    that isnt right, thats not what i meant, no thats not what i meant, that is not what i meant, no that is not
    what i meant, thats not what i said, no thats not what i said, that is not what i said, thats not what i
    wanted, no thats not what i wanted, that wasnt what i meant, that is not what i wanted, thats not what i
    asked for, that is not what i asked for, not what i said, that didnt work, that did not work, no that didnt
    work, no that did not work, it didnt work, it did not work, no it didnt work, no it did not work, no it
    didnt, no it did not, it didnt, you got that wrong, you got it wrong, you misheard me, you misunderstood,
    you misunderstood me, you heard me wrong, you did not understand me, you didnt understand me, i didnt say
    that, i did not say that, no i didnt say that, no i did not say that, not what i meant, not what i wanted, i
    didnt mean that, i did not mean that, no i didnt mean that, no i did not mean that, bad hub
    """
)
"""What says that it was wrong, and not what would have been right."""

# Phrases

_SAY = r"(?:i|we|you hear me|someone|somebody|anyone|anybody) (?:say|says)"
_WHEN = r"(?:when|if|whenever|every time|each time|any time|anytime)"
PHRASE_REST = _pattern(rf"{_WHEN} {_SAY} (?P<rest>.+)")
"""Phrase and request with nothing between them; where the one ends the home must tell."""
PHRASES = (
    _pattern(rf"(?P<means>.+?) {_WHEN} {_SAY} (?P<heard>.+)"),
    _pattern(r"(?:by|with|saying) (?P<heard>.+?) (?:i|we) mean (?P<means>.+)"),
    _pattern(r"(?:remember|learn|note|keep in mind|bear in mind) (?:that )?(?P<heard>.+?) means? (?P<means>.+)"),
    _pattern(r"(?P<heard>.+?) (?:means?|should mean|shall mean|is to mean|stands for) (?P<means>.+)"),
)
SHOULD = _pattern(r"(?:saying )?(?P<heard>.+?) should (?P<means>.+)")
"""Only where the whole is no request and the last part is one: "the lamp should be off" is one itself."""
BETWEEN = ("then", "that means", "it means", "i mean", "i want you to", "i would like you to", "you should")
"""What stands between phrase and request in "when I say ...", and belongs to neither; the longest first."""

MARKED = re.compile(
    r"(?i)^.*?\b(?:when|if|whenever|every time|each time|any ?time) (?:i|we|someone|somebody|anyone|anybody) says?,? "
    r"(?:[\"\u201c\u2018\u00ab'](?P<quoted>[^\"\u201d\u2019\u00bb']*)[\"\u201d\u2019\u00bb'],?(?: |$)|"
    r"(?P<plain>[^,:]*)[,:] (?=.))"
    r"(?P<means>.*)$"
)
"""Where the marks of writing tell phrase and request apart; either may be missing there."""

# Names

CALL = _pattern(r"(?:call|name|rename|lets call|let us call|i call|we call) (?P<rest>.+)")
"""Device and name, one after the other."""
CALLED = _pattern(
    r"(?P<device>.+?) (?:is|are|shall be|should be|will be) (?:also |now )?(?:called|named|known as) (?:also )?"
    r"(?P<name>.+)"
)
IT = _said(
    """
    it, that, this, that one, this one, that thing, this thing
    """
)

# Preferences and interests

_LIKE = r"(?:i|we) (?:really |usually |normally |always )?(?:like|love|prefer)"
_IT = r"(?:it|my room|the room|the house|the temperature|the heating|the place)"
_TEMPERATURE_END = r"(?: degrees?)?(?: celsius| fahrenheit)?"
_DARK = r"(?:it|the lights?|the brightness|the lighting|my lights?|the lamps?)"
TEMPERATURES = (
    _pattern(rf"{_LIKE} {_IT}(?: to be)? (?:at |about |around |set to )?(?P<value>.+?)(?: degrees?){_TEMPERATURE_END}"),
    _pattern(
        r"(?:my|our) (?:favou?rite|preferred|ideal|usual|normal|comfort) temperature is "
        rf"(?P<value>.+?){_TEMPERATURE_END}"
    ),
)
BRIGHTNESSES = (
    _pattern(
        rf"{_LIKE} {_DARK}(?: to be)? (?:at |about |around |dimmed to |set to )?(?P<value>.+?) percent(?: bright)?"
    ),
    _pattern(
        r"(?:my|our) (?:favou?rite|preferred|ideal|usual|normal) (?:brightness|light level) is "
        r"(?P<value>.+?)(?: percent)?"
    ),
    _pattern(
        rf"{_LIKE} {_DARK}(?: to be)? (?:very |really |nice and |rather )?(?P<value>bright|dim|dimmed|dark|soft|low)"
    ),
)
BRIGHT: Mapping[str, int] = {"bright": 100, "dim": 30, "dimmed": 30, "soft": 30, "low": 20, "dark": 10}
"""Percent that a word for brightness stands for."""
FAN = _pattern(r"(?:i am|im|we are|were) (?:a |an |such a |a big |a huge |big |huge )?(?P<value>.+?) fans?")
FAN_OF = _pattern(r"(?:i am|im|we are|were) (?:a |an |big |a big |a huge |huge )?fans? of (?P<value>.+)")
FAVOURITES = (
    (
        "music",
        _pattern(
            r"(?:my|our) favou?rite (?:music|kind of music|artist|band|singer|song|genre|album|playlist) is "
            r"(?P<value>.+)"
        ),
    ),
    ("team", _pattern(r"(?:my|our) (?:favou?rite )?(?:team|club) is (?P<value>.+)")),
    ("team", _pattern(r"(?:i|we) (?:support|root for|follow|cheer for) (?P<value>.+)")),
    ("station", _pattern(r"(?:my|our) favou?rite (?:station|radio station|radio) is (?P<value>.+)")),
)
LIKES = _pattern(
    r"(?:i|we) (?:really )?(?P<verb>like|love|enjoy|prefer)(?P<listens> to listen to| listening to)? (?P<value>.+)"
)
MUSIC = _said(
    """
    jazz, rock, pop, classical, classical music, country, blues, hip hop, disco, techno, house, reggae, metal,
    heavy metal, folk, soul, funk, punk, rap, opera, dance music, country music, rock music, pop music, piano
    music, christmas music, relaxing music, bossa nova, ambient, electronic music, indie, indie rock, rock and
    roll, swing, latin, salsa, gospel
    """
)
"""What is a kind of music to whoever is a fan of it."""
NOTHING = _said(
    """
    it, that, this, them, those, you, him, her, us, me, to, a, the
    """
)
"""Words that are nobody's favourite."""
TIMES = (
    (_pattern(r"(?P<rest>.+?) (?:in the |at |during the )(?:evenings?|nights? time)"), "hour:evening"),
    (_pattern(r"(?P<rest>.+?) (?:in the )?mornings?"), "hour:morning"),
    (_pattern(r"(?P<rest>.+?) (?:at night|in the night|overnight)"), "hour:night"),
    (_pattern(r"(?P<rest>.+?) (?:during the day|by day|in the afternoons?)"), "hour:day"),
)
IN_ROOM = _pattern(r"(?P<rest>.+?) in (?:the |my |our )?(?P<area>[^ ]+(?: [^ ]+){0,3})")

# What is asked of all that was learned

GUIDE = _said(
    """
    learn my preferences, learn our preferences, learn what i like, learn what we like, get to know me, get to
    know us, learn about me, learn about us, ask me what i like, learn my taste, learn my tastes, ask me about
    my preferences, set up my preferences, learn my favorites, learn my favourites
    """
)
REMEMBER = _said(
    """
    remember that, remember this, learn that, learn this, keep that in mind, remember what i meant, remember
    what that means, remember that for next time, remember it, learn from that
    """
)
FORGET_LAST = _said(
    """
    forget that, forget this, unlearn that, forget what i said, forget what i taught you, forget what i just
    taught you, forget what i just said, forget what i told you, forget what you learned, forget what you
    learnt, forget what you just learned, forget what you just learnt, forget the last thing, forget what i just
    told you, forget the last thing i taught you, forget the last thing you learned
    """
)
FORGET_ALL = _said(
    """
    forget everything, forget everything i taught you, forget everything you learned, forget it all, forget
    everything you have learned, forget everything you learnt, forget all i taught you, forget all that i taught
    you, forget everything about me, forget all about me, forget everything i said, forget everything i told
    you, forget all you have learned, unlearn everything, forget all of it
    """
)
FORGET = _pattern(
    r"(?:forget|unlearn) (?P<sure>what i (?:taught|told) you about |what you (?:learned|learnt|know) about |what )"
    r"(?P<heard>.+?)(?: means| is)?"
)
FORGET_BARE = _pattern(r"(?:forget|unlearn) (?:about )?(?:the |my |our )?(?P<heard>.+)")
"""Only of what has been taught."""
TELL = _said(
    """
    what have you learned, what have you learnt, what did you learn, what do you know about me, what do you know
    about us, what have you learned about me, what have you learned about us, what have you learnt about me,
    what have you learnt about us, what did i teach you, what have i taught you, what did we teach you, what
    have we taught you, what do you remember, what have you learned so far, tell me what you have learned, tell
    me what youve learned, list what you have learned, what do you know, what have you been taught, what are my
    preferences, what do i like, what are our preferences, what have you learned from me
    """
)
TELL_OF = _pattern(r"what (?:does|do|did) (?P<heard>.+?) mean(?: to you)?")

YES = _said(
    """
    yes remember that, yes remember it, remember it, remember that, yes it does, it does
    """
)
SKIP = _said(
    """
    skip, skip it, skip that, skip this, skip this one, next, next one, next question, i dont know, i do not
    know, i dont care, i do not care, none, nothing, no, pass, no preference, whatever
    """
)
END = _said(
    """
    stop, stop it, enough, thats enough, thats all, end, cancel, never mind, nevermind, quit, stop asking, no
    more, no more questions, im done, i am done, done, not now, later
    """
)
ABOUT_IT = _pattern(
    r"(?:i am a |im a |i am an |im an |i like |i love |i prefer |we like |we love |at |about |around |my favou?rite "
    r"(?:team|music|artist|band|temperature) is |to be |it is |its |make it )?(?:the )?(?P<value>.+?)"
    r"(?: fans?| degrees?(?: celsius| fahrenheit)?| percent| please)?"
)
"""The answer to a question of the guided talk, in whatever it is wrapped."""
IN_PLACE: Mapping[str, tuple[tuple[str, ...], str]] = {
    "temperature": (
        ("make it comfortable", "set my temperature", "set the usual temperature", "my usual temperature"),
        "set the temperature{where} to {value} degrees",
    ),
    "brightness": (
        ("make it cosy", "make it cozy", "set my light", "set the usual light", "my usual light"),
        "dim the lights{where} to {value} percent",
    ),
    "music": (
        (
            *("play music", "play some music", "put on music", "put on some music", "put some music on"),
            *("play my music", "play something i like"),
        ),
        "play {value}",
    ),
    "team": (
        ("watch the game", "put the game on", "put on the game", "play the game", "watch my team"),
        "watch the {value} game",
    ),
    "station": (("play the radio", "put the radio on", "put on the radio", "play my station"), "play {value}"),
}
"""Topic -> what is said in place of what is liked, and the request that it stands for. Few, and nothing like another
request: what is near to a rule may be taken for it."""
