"""What is said about lessons: what was learned, what is known, and what is asked. English, as teaching is."""

from edge.core.lessons import LessonAction, LessonDo
from edge.core.turn import Plan, Refusal, Turn

MAX_TOLD = 4
"""What is told of all that was learned; of more nobody remembers the first."""

_GUIDE = {
    "temperature": "At what temperature do you like it? You can say skip, or stop",
    "brightness": "How bright do you like it in the evening, in percent?",
    "music": "What music do you like?",
    "team": "Which team do you support?",
}
_REFUSED = {
    "teach.not_understood": "Sorry, I don't understand “{subject}”, so I cannot learn that",
    "teach.not_together": "Sorry, I can do “{subject}” alone, but not in one with the rest. Say them apart",
    "teach.only_told": "Sorry, “{subject}” asks me something, which I cannot do in one with other things",
    "teach.works_already": "“{subject}” already does something else. Choose other words for it",
    "teach.means_that": "“{subject}” already does that",
    "teach.nothing_learned": "There is nothing to forget",
    "teach.nothing_to_remember": "Sorry, I don't know what to remember. Say: when I say this, do that",
    "teach.not_known": "I have not learned anything about “{subject}”",
    "teach.no_device": "Sorry, I don't know which device you mean by “{subject}”",
    "teach.is_room": "Sorry, I can give other names to devices only as yet, and “{subject}” is a room",
    "teach.which_device": "Sorry, there are several devices like “{subject}”. Say the name of one of them",
    "teach.name_taken": "Sorry, something else is already called “{subject}”",
    "teach.name_answer": "Sorry, “{subject}” answers my questions, and cannot be a name",
    "teach.name_wake": "Sorry, “{subject}” is what you call me by, and cannot be a name",
    "teach.not_livable": "Sorry, nobody lives in {subject} degrees. Say how warm you like it",
    "teach.not_fitting": "Sorry, I don't know what you mean by that",
    "teach.no_temperature": "Sorry, I cannot set the temperature to {subject} here",
    "teach.no_brightness": "Sorry, I cannot set the lights to {subject} percent here",
    "teach.no_music": "Sorry, nothing here can play {subject}",
    "teach.no_team": "Sorry, nothing here can play the game",
    "teach.no_station": "Sorry, nothing here can play {subject}",
}
_UNWRITTEN = "But my disk does not take it, so I will only know it until I restart"
_LIKED = {
    "temperature": "{value} degrees it is: just say “{heard}”",
    "brightness": "{value} percent it is: just say “{heard}”",
    "music": "I will remember that you like {value}: just say “{heard}”",
    "team": "I will remember the {value}: just say “{heard}”",
    "station": "I will remember {value}: just say “{heard}”",
}


def done(lesson: LessonAction, *, yes: bool) -> str:
    """What is said when a lesson was carried out. yes: whether an offer was agreed to."""
    if lesson.do is LessonDo.PHRASE:
        return f"OK, “{lesson.heard}” means “{lesson.means}”"
    if lesson.do is LessonDo.NAME:
        return f"OK, I will also call {''.join(lesson.told)} the “{lesson.heard}”"
    if lesson.do is LessonDo.LIKE:
        return _LIKED[lesson.topic].format(value=lesson.value, heard=lesson.heard)
    if lesson.do is LessonDo.REMEMBER:
        return f"OK, I will remember that “{lesson.heard}” means “{lesson.means}”"
    if lesson.do is LessonDo.OFFER:
        return f"OK, “{lesson.heard}” means “{lesson.means}” from now on" if yes else "OK, I won't"
    if lesson.do is LessonDo.FORGET:
        return _forgotten(lesson)
    if lesson.do is LessonDo.TELL:
        return _known(lesson)
    return _guide(lesson)


def question(lesson: LessonAction | None) -> str:
    """What is asked after something was done; nothing where nothing is."""
    if lesson is None or not lesson.asks:
        return ""
    if lesson.do is LessonDo.OFFER:
        return f"Shall I remember that “{lesson.heard}” means “{lesson.means}”?"
    return "Did that work?" if lesson.do is LessonDo.WORKED else ""


def refused(refusal: Refusal) -> str | None:
    """Why something is not learned; None for refusals of another kind."""
    if (words := _REFUSED.get(refusal.code)) is not None:
        return words.format(subject=refusal.subject)
    if refusal.code.startswith(("rewrite.", "teach.")):
        return f"Sorry, {refusal.subject}"
    return None


def told(turn: Turn, plan: Plan) -> str:
    """What is said to teaching, to praise and to blame; nothing to all else."""
    if plan.commands:
        return ""
    if plan.lesson is not None:
        words = done(plan.lesson, yes=bool(plan.lesson.heard))
        return words if not plan.lesson.unwritten else f"{words}. {_UNWRITTEN}"
    intent = turn.interpretation.intent if turn.interpretation is not None else ""
    if intent == "EdgeConfirm":
        return "Good"
    if intent == "EdgeDeny":
        return "Sorry. Say “no, I meant”, and what you wanted"
    return ""


def _forgotten(lesson: LessonAction) -> str:
    if lesson.asks:
        return "Shall I forget everything that I have learned?"
    if lesson.everything:
        count = int("".join(lesson.told) or 0)
        return "OK, I have forgotten everything" if count else "There is nothing to forget"
    return f"OK, I have forgotten that {_several(lesson.told)}"


def _known(lesson: LessonAction) -> str:
    if not lesson.told:
        return "Nothing yet. Say: when I say movie time, turn off the lights"
    return f"I have learned that {_several(lesson.told)}"


def _several(lines: tuple[str, ...]) -> str:
    if len(lines) > MAX_TOLD:
        return f"{'; '.join(lines[:MAX_TOLD])}; and {len(lines) - MAX_TOLD} more"
    return f"{'; '.join(lines[:-1])}; and {lines[-1]}" if len(lines) > 1 else "".join(lines)


def _guide(lesson: LessonAction) -> str:
    unable = "".join(lesson.told)
    before = _REFUSED[unable].format(subject=lesson.value) if unable in _REFUSED else "OK" if lesson.heard else ""
    asked = _GUIDE.get(lesson.topic, "")
    if lesson.topic == "":
        asked = "That is all, thank you. Ask me what I have learned at any time"
    return ". ".join(filter(None, (before, asked)))
