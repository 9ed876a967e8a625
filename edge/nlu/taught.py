"""The plans of sentences that teach, or ask about what was taught. Pure: `edge.rewrite.learn` carries them out.

A correction puts back what was done in its place, as far as that can be told and needs no yes.
"""

from dataclasses import replace

from edge.core.home import HomeState, Voice
from edge.core.lessons import LessonAction, LessonDo, asks
from edge.core.text import normalize
from edge.core.turn import Interpretation, Plan, Refusal, Turn
from edge.nlu import teachable_en as en
from edge.nlu.adapt import CORRECTION_MS
from edge.nlu.choice_words import KINDS
from edge.nlu.described import described
from edge.nlu.guided import ANSWER
from edge.nlu.liked import TOPICS
from edge.nlu.option import Now, targets
from edge.nlu.policy import guarded
from edge.nlu.talk import back

MEANT_REQUEST, CONFIRM, DENY = "EdgeMeantRequest", "EdgeConfirm", "EdgeDeny"
PHRASE, NAME, LIKE, FORGET, LEARNED, REMEMBER, GUIDE = (
    *("EdgeTeachPhrase", "EdgeTeachName", "EdgeTeachLike", "EdgeForget", "EdgeLearned", "EdgeRemember", "EdgeGuide"),
)
_AGAIN = ("teach.not_fitting",)
"""What is told where a question of the guided talk is asked for the second time; there is no third."""
INTENTS = frozenset((CONFIRM, DENY, PHRASE, NAME, LIKE, FORGET, LEARNED, REMEMBER, GUIDE, ANSWER))


def taught_plan(turn: Turn) -> Plan | None:
    """The plan of a turn whose interpretation is about what is learned; None for all others."""
    said = turn.interpretation
    if said is None or said.intent not in INTENTS:
        return None
    asked = turn.asked.lesson if turn.asked is not None else None
    if said.source == "answer" and asks(asked) and asked is not None:
        return _answered(said, asked)
    if said.intent in (CONFIRM, DENY):
        return Plan()
    if said.intent == NAME:
        return _naming(said, turn)
    return Plan(lesson=_action(said))


def _action(said: Interpretation) -> LessonAction:
    def text(name: str) -> str:
        return str(said.slot(name) or "")

    if said.intent == PHRASE:
        return LessonAction(LessonDo.PHRASE, heard=text("heard"), means=text("means"))
    if said.intent == LIKE:
        topic, value, area, situation = (text(name) for name in ("topic", "value", "area", "situation"))
        return LessonAction(LessonDo.LIKE, topic=topic, value=value, area=area, situation=situation)
    if said.intent == FORGET:
        everything = bool(said.slot("everything"))
        return LessonAction(LessonDo.FORGET, heard=text("heard"), everything=everything, asks=everything)
    if said.intent == LEARNED:
        return LessonAction(LessonDo.TELL, heard=text("heard"))
    if said.intent == REMEMBER:
        return LessonAction(LessonDo.REMEMBER)
    return LessonAction(LessonDo.GUIDE, topic=TOPICS[0], asks=True)


def _naming(said: Interpretation, turn: Turn) -> Plan:
    device, name = str(said.slot("device") or ""), str(said.slot("name") or "")
    if not turn.home.entities_named(device) and _is_place(device, turn.home):
        return Plan(refusal=Refusal("teach.is_room", device))
    found = _spoken_of(turn) if normalize(device) in en.IT else [e.entity_id for e in described(device, turn.home)]
    if not found:
        return Plan(refusal=Refusal("teach.no_device", device))
    if len(found) > 1:
        return Plan(refusal=Refusal("teach.which_device", device))
    if _is_taken(name, found[0], turn.home):
        return Plan(refusal=Refusal("teach.name_taken", name))
    if turn.home.entities[found[0]].voice is Voice.NEVER:
        return Plan(refusal=Refusal("resolve.not_allowed", turn.home.entities[found[0]].name))
    return Plan(lesson=LessonAction(LessonDo.NAME, heard=name, device=found[0]))


def _is_place(said: str, home: HomeState) -> bool:
    plain = normalize(said)
    names = {plain, *(plain.removeprefix(article) for article in ("the ", "my ", "our ") if plain.startswith(article))}
    return any(home.areas_named(name) or home.floors_named(name) for name in names)


def _spoken_of(turn: Turn) -> list[str]:
    spoken = turn.context.spoken[:1]
    return [i for one in spoken for i in dict.fromkeys(targets(one.plan)) if i in turn.home.entities]


def _is_taken(name: str, device: str, home: HomeState) -> bool:
    """Whether something else in the home goes by the name, or a room or floor does, or a kind that it is not of."""
    wanted = normalize(name)
    wanted = wanted.removeprefix("the ").removeprefix("my ").removeprefix("our ")
    domain = device.partition(".")[0]
    there = {entity.domain for entity in home.entities.values()}
    if any(wanted in kind and of in there and (of != domain or wanted.endswith("s")) for of, kind in KINDS.items()):
        return True  # "close the curtains" must not move the garage door, nor "the lights" be one of them
    others = (n for e in home.entities.values() if e.entity_id != device for n in e.names)
    areas = (n for area in home.areas for n in (area.name, *area.aliases))
    floors = (n for floor in home.floors for n in (floor.name, *floor.aliases))
    return any(normalize(one) in (wanted, normalize(name)) for one in (*others, *areas, *floors))


def _answered(said: Interpretation, asked: LessonAction) -> Plan:
    """What comes of an answer to a question about what is learned."""
    if asked.do is LessonDo.WORKED:
        return Plan()
    if asked.do is LessonDo.GUIDE:
        if said.slot("again") and asked.told != _AGAIN:
            return Plan(lesson=replace(asked, heard="", value="", told=_AGAIN))
        later = TOPICS[TOPICS.index(asked.topic) + 1 :] if asked.topic in TOPICS else ()
        topic = "" if said.slot("end") or not later else later[0]
        value = str(said.slot("value") or "")
        # What was asked about before stands in `heard`, so that it is learned under that.
        learned = LessonAction(LessonDo.GUIDE, heard=asked.topic if value else "", value=value, topic=topic)
        return Plan(lesson=replace(learned, asks=bool(topic)))
    if said.intent == DENY:
        return Plan(lesson=LessonAction(LessonDo.OFFER))  # nothing comes of it, whatever was asked
    return Plan(lesson=replace(asked, asks=False))


def corrected(turn: Turn) -> Turn:
    """The turn with what was done in place of what was meant put back; unchanged where it corrects nothing.

    Of a request that waits for an answer nothing is put back yet, and nothing is asked about for the sake of that.
    """
    plan, spoken = turn.plan, turn.context.spoken[:1]
    if plan is None or not plan.commands or not spoken or all(r.intent != MEANT_REQUEST for r in turn.readings[:1]):
        return turn
    (before,) = spoken
    # Where the request before was refused, nothing was done in its place, and what was done earlier stays.
    if before.turn != turn.follows or not 0 <= turn.opened_ms - before.at_ms <= CORRECTION_MS:
        return turn
    done = {command.entity_id for command in plan.commands}
    now = Now(turn.home, turn.context, turn.opened_ms)
    undone = [
        c for c in back(before, now) if c.entity_id not in done and guarded(Plan(commands=(c,)), turn.home).commands
    ]
    return replace(turn, plan=replace(plan, commands=(*plan.commands, *undone))) if undone else turn
