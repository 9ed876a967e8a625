"""Simulated households judge a hub justly, and behave as people do whom it has misunderstood."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from households import SEEDS, requests

from edge.core.home import Entity, HomeState
from edge.core.turn import Command, Interpretation, Plan, Refusal, Slot, Turn, Utterance, Verb
from tools.bench.household import HomeChange, Household, Manner, Request, Verdict, judge
from tools.bench.household.truth import Acts, Asks, Between, Fact, Refuses, Says, Tells, Truth, Wish
from tools.bench.household.world import MOMENTARY

# Just


def met(request: Request) -> Turn:
    """The turn of a hub that reads minds."""
    one = request.truth.accept[0]
    turn = Turn("t", request.at_ms, request.home, request.utterance)
    if isinstance(one, Acts):
        commands = tuple(c for wish in one.wishes for c in commands_for(wish, request.home.entities[wish.device]))
        if one.needs_yes:
            devices = tuple(wish.device for wish in one.wishes)
            return replace(turn, plan=Plan(question="confirm", candidates=devices))
        return replace(turn, plan=Plan(commands=commands))
    if isinstance(one, Tells):
        holds = one.about if one.holds is None else one.holds
        return replace(turn, plan=Plan(matched=holds, unmatched=tuple(d for d in one.about if d not in holds)))
    if isinstance(one, Says):
        minutes = (Slot("minutes", (one.seconds or 0) // 60),)
        return replace(turn, interpretation=Interpretation(f"Hass{one.topic}", minutes, request.text), plan=Plan())
    if isinstance(one, Asks):
        return replace(turn, plan=Plan(question="which", candidates=one.between))
    return replace(turn, plan=Plan(refusal=Refusal("resolve.no_entity")))


SAID: dict[str, Callable[[object], tuple[Verb, dict[str, object]]]] = {
    "power": lambda v: (Verb.TURN_ON if v == "on" else Verb.TURN_OFF, {}),
    "brightness": lambda v: (Verb.TURN_ON, {"brightness": v}),
    "color": lambda v: (Verb.TURN_ON, {"color": v}),
    "position": lambda v: (Verb.SET_POSITION, {"position": v}),
    "locked": lambda v: (Verb.LOCK if v else Verb.UNLOCK, {}),
    "temperature": lambda v: (Verb.SET_TEMPERATURE, {"temperature": v}),
    "speed": lambda v: (Verb.SET_SPEED, {"speed": v}),
    "volume": lambda v: (Verb.SET_VOLUME, {"volume": v}),
    "muted": lambda v: (Verb.MUTE if v else Verb.UNMUTE, {}),
    "skip": lambda v: (Verb.NEXT, {}),
    "running": lambda v: (Verb.START if v else Verb.DOCK, {}),
    "activated": lambda v: (Verb.ACTIVATE, {}),
    "added": lambda v: (Verb.ADD_ITEM, {"item": v}),
    "stopped": lambda v: (Verb.STOP, {}),
}


def commands_for(wish: Wish, entity: Entity) -> list[Command]:
    facts = dict(wish.facts)
    if "playing" in facts:
        media = {"title": facts["media"]} if "media" in facts else {}
        kind = {"kind": facts["kind"]} if "kind" in facts else {}
        verb = Verb.PLAY if facts["playing"] else Verb.PAUSE
        return [Command(entity.entity_id, verb, {**media, **kind} if verb is Verb.PLAY else {})]  # type: ignore[arg-type]
    made = []
    for name, fact in facts.items():
        value = (fact.low + fact.high) / 2 if isinstance(fact, Between) else fact
        verb, args = SAID[name](value)
        made.append(Command(entity.entity_id, verb, args))  # type: ignore[arg-type]
    return made


def test_a_hub_that_reads_minds_is_always_right() -> None:
    for request in requests():
        assert judge(request.truth, met(request)) is Verdict.RIGHT, request


def test_a_hub_that_does_nothing_is_right_only_where_nothing_should_be_done() -> None:
    for request in requests():
        turn = Turn("t", request.at_ms, request.home, request.utterance)
        refused = any(isinstance(one, Refuses) for one in request.truth.accept)
        assert judge(request.truth, turn) is (Verdict.RIGHT if refused else Verdict.REFUSED)


LAMP = Entity("light.lamp", "light", "Lamp", area="den", state="off")
OTHER = replace(LAMP, entity_id="light.other", name="Other")
DOOR = Entity("lock.door", "lock", "Door", state="locked")
RADIO = Entity("media_player.radio", "media_player", "Radio", state="playing", attributes={"volume": 40})
HOME = HomeState.of((LAMP, OTHER, DOOR, RADIO))


def turn_with(plan: Plan | None) -> Turn:
    return Turn("t", 0, HOME, Utterance(()), plan=plan)


def on(*devices: str) -> Truth:
    return Truth("f", "plain", (Acts(tuple(Wish(d, (("power", "on"),)) for d in devices)),))


def commands(*told: tuple[str, Verb], **args: float) -> Plan:
    return Plan(commands=tuple(Command(device, verb, args) for device, verb in told))


ON, OFF = Verb.TURN_ON, Verb.TURN_OFF
DIM = Truth("f", "plain", (Acts((Wish("light.lamp", (("brightness", Between(1, 49)),)),)),))
UNLOCK = Truth("f", "guard", (Acts((Wish("lock.door", (("locked", False),)),), needs_yes=True),))
LOUDER = Truth("f", "plain", (Acts((Wish("media_player.radio", (("volume", Between(41, 100)),)),)),))
FILM = Truth(
    "f", "context", (Acts((Wish("media_player.radio", (("kind", "film"), ("media", "dune"), ("playing", True))),)),)
)
WHICH = Truth("f", "plain", (Tells(("light.lamp", "light.other"), ("light.lamp",)),))
ASK = Truth("f", "guard", (Asks(("light.lamp", "light.other")),))


@pytest.mark.parametrize(
    ("truth", "plan", "verdict"),
    [
        (on("light.lamp"), commands(("light.lamp", ON)), Verdict.RIGHT),
        (on("light.lamp"), commands(("light.lamp", OFF)), Verdict.WRONG_ACTION),
        (on("light.lamp"), commands(("light.other", ON)), Verdict.WRONG_ACTION),
        (on("light.lamp"), commands(("light.lamp", ON), ("light.other", ON)), Verdict.WRONG_ACTION),
        (on("light.lamp"), commands(("light.lamp", ON), brightness=40), Verdict.WRONG_ACTION),
        (on("light.lamp", "light.other"), commands(("light.other", ON)), Verdict.TOO_LITTLE),
        (on("light.lamp"), Plan(question="which", candidates=("light.lamp", "light.other")), Verdict.ASKED),
        (on("light.lamp"), Plan(refusal=Refusal("resolve.no_entity")), Verdict.REFUSED),
        (on("light.lamp"), Plan(matched=("light.lamp",)), Verdict.WRONG_ANSWER),
        (on("light.lamp"), None, Verdict.REFUSED),
        (DIM, commands(("light.lamp", ON), brightness=20), Verdict.RIGHT),
        (DIM, commands(("light.lamp", ON), brightness=50), Verdict.WRONG_ACTION),
        (DIM, commands(("light.lamp", ON)), Verdict.WRONG_ACTION),
        (DIM, commands(("light.lamp", ON), brightness=0), Verdict.WRONG_ACTION),
        (UNLOCK, commands(("lock.door", Verb.UNLOCK)), Verdict.WRONG_ACTION),
        (UNLOCK, Plan(question="confirm", candidates=("lock.door",)), Verdict.RIGHT),
        (UNLOCK, Plan(question="confirm", candidates=("light.lamp",)), Verdict.ASKED),
        (LOUDER, commands(("media_player.radio", Verb.CHANGE_VOLUME), step=10), Verdict.RIGHT),
        (LOUDER, commands(("media_player.radio", Verb.CHANGE_VOLUME), step=-10), Verdict.WRONG_ACTION),
        (WHICH, Plan(matched=("light.lamp",), unmatched=("light.other",)), Verdict.RIGHT),
        (WHICH, Plan(matched=("light.lamp",)), Verdict.RIGHT),
        (WHICH, Plan(matched=("light.lamp", "light.other")), Verdict.WRONG_ANSWER),
        (WHICH, Plan(matched=("light.lamp", "lock.door")), Verdict.WRONG_ANSWER),
        (WHICH, commands(("light.lamp", ON)), Verdict.WRONG_ACTION),
        (ASK, Plan(question="which", candidates=("light.lamp", "light.other")), Verdict.RIGHT),
        (ASK, Plan(question="which", candidates=("lock.door",)), Verdict.ASKED),
        (ASK, commands(("light.lamp", ON)), Verdict.WRONG_ACTION),
        (Truth("f", "guard", (Refuses(),)), commands(("light.lamp", ON)), Verdict.WRONG_ACTION),
        (Truth("f", "guard", (Refuses(),)), None, Verdict.RIGHT),
    ],
)
def test_verdicts(truth: Truth, plan: Plan | None, verdict: Verdict) -> None:
    assert judge(truth, turn_with(plan)) is verdict


def test_what_is_so_already_may_be_told_again_or_left() -> None:
    both = on("light.lamp", "light.other").accept[0]
    assert isinstance(both, Acts)
    truth = Truth("f", "plain", (replace(both, already=("light.other",)),))
    assert judge(truth, turn_with(commands(("light.lamp", ON)))) is Verdict.RIGHT
    assert judge(truth, turn_with(commands(("light.lamp", ON), ("light.other", ON)))) is Verdict.RIGHT
    assert judge(truth, turn_with(commands(("light.other", ON)))) is Verdict.TOO_LITTLE


def test_whoever_puts_a_lamp_back_may_tell_how_bright_it_was() -> None:
    back = Acts((Wish("light.lamp", (("power", "on"),), (("brightness", 40.0), ("power", "on"))),))
    truth = Truth("f", "context", (back,))
    assert judge(truth, turn_with(commands(("light.lamp", ON)))) is Verdict.RIGHT
    assert judge(truth, turn_with(commands(("light.lamp", ON), brightness=40))) is Verdict.RIGHT
    assert judge(truth, turn_with(commands(("light.lamp", ON), brightness=70))) is Verdict.WRONG_ACTION


@pytest.mark.parametrize(
    ("args", "verdict"),
    [
        ({"title": "Dune", "kind": "film"}, Verdict.RIGHT),
        ({"media": "dune", "media_type": "movie"}, Verdict.RIGHT),
        ({"title": "dune"}, Verdict.RIGHT),
        ({"title": "dune", "kind": "music"}, Verdict.WRONG_ACTION),
        ({"title": "emma", "kind": "film"}, Verdict.WRONG_ACTION),
        ({}, Verdict.WRONG_ACTION),
    ],
)
def test_what_plays_is_read_by_value(args: dict[str, str], verdict: Verdict) -> None:
    assert judge(FILM, turn_with(Plan(commands=(Command("media_player.radio", Verb.PLAY, args),)))) is verdict


# In closed loop


def drive(seed: int, answer: Callable[[Request], Turn], days: int = 2) -> Counter[Manner]:
    """The household lives with this hub; how its people took it."""
    household, manners = Household.of(seed), Counter[Manner]()
    for event in household.days(days):
        if isinstance(event, HomeChange):
            continue
        request: Request | None = event
        for _ in range(10):
            assert request is not None
            reaction = household.react(request, answer(request))
            manners[reaction.manner] += 1
            request = reaction.request
            if request is None:
                break
        else:
            pytest.fail("nobody repeats themselves ten times")
    return manners


def test_whoever_is_understood_is_content() -> None:
    manners = drive(1, met)
    assert set(manners) <= {Manner.CONTENT, Manner.ANSWERS}
    assert manners[Manner.CONTENT] > 20


def test_whoever_is_not_says_it_again_or_gets_up() -> None:
    def deaf(request: Request) -> Turn:
        return Turn("t", request.at_ms, request.home, request.utterance)

    manners = Counter[Manner]()
    for seed in SEEDS:
        manners += drive(seed, deaf, 1)
    assert manners[Manner.REPHRASES]
    assert manners[Manner.BY_HAND]
    assert manners[Manner.GIVES_UP]


def test_what_was_done_wrongly_is_undone() -> None:
    def clumsy(request: Request) -> Turn:
        lamps = [key for key in request.home.entities if key.startswith("light.")]
        done = tuple(Command(key, ON if request.home.entities[key].state == "off" else OFF) for key in lamps[:1])
        return Turn("t", request.at_ms, request.home, request.utterance, plan=Plan(commands=done))

    manners = Counter[Manner]()
    for seed in SEEDS:
        manners += drive(seed, clumsy, 1)
    assert manners[Manner.UNDOES]
    assert manners[Manner.BY_HAND]


def test_after_a_chain_of_talk_the_home_is_as_it_was_wanted() -> None:
    def wrong_at_first(request: Request) -> Turn:
        turn = met(request)
        lamps = [key for key in request.home.entities if key.startswith("light.")]
        stray = Command(lamps[0], OFF if request.home.entities[lamps[0]].state == "on" else ON)
        return turn if request.attempt else replace(turn, plan=Plan(commands=(stray,)))

    undone = 0
    for seed in SEEDS:
        household = Household.of(seed)
        wanted: Request | None = None
        for event in household.days(1):
            if wanted is not None and isinstance(wanted.truth.accept[0], Acts):
                moved = event.devices if isinstance(event, HomeChange) else ()
                for wish in wanted.truth.accept[0].wishes:
                    if wish.device in moved:
                        continue
                    assert household.world.devices[wish.device].is_so(momentary_aside(wish)), (seed, wanted)
            wanted = event if isinstance(event, Request) else None
            request = wanted
            while request is not None:
                reaction = household.react(request, wrong_at_first(request))
                undone += reaction.manner is Manner.UNDOES
                request = reaction.request
    assert undone > 10


def momentary_aside(wish: Wish) -> tuple[tuple[str, Fact], ...]:
    return tuple((name, fact) for name, fact in wish.facts if name not in MOMENTARY)


def test_a_question_is_answered() -> None:
    def asking(request: Request) -> Turn:
        turn = met(request)
        if request.attempt or not turn.plan or not turn.plan.commands:
            return turn
        return replace(turn, plan=Plan(question="which", candidates=tuple(c.entity_id for c in turn.plan.commands)))

    assert drive(1, asking)[Manner.ANSWERS] > 10


# As sound


def test_a_request_is_spoken_the_same_every_time() -> None:
    import numpy as np

    pytest.importorskip("hibari", reason="hibari-tts is not installed: pip install -e '.[speech]'")
    from tools.bench.household.audio import Speech

    speech, request = Speech(), requests()[0]
    spoken = speech.say(request)
    assert spoken.dtype == np.int16
    assert 0.8 * 16_000 < len(spoken) < 10 * 16_000
    assert np.abs(spoken).max() > 3000
    assert np.array_equal(spoken, speech.say(request))
    noise = (np.sin(np.arange(160_000) / 3) * 5000).astype(np.int16)
    noisy = Speech(noise, 6.0).say(request)
    difference = noisy.astype(float) - spoken
    clean_power, noise_power = np.mean(spoken.astype(float) ** 2), np.mean(difference**2)
    assert 10 * np.log10(clean_power / noise_power) == pytest.approx(6.0, abs=0.5)


def test_resampling_keeps_a_tone_where_it_is() -> None:
    import numpy as np

    from tools.bench.household.audio import resampled

    tone = np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)
    heard = resampled(tone, 24_000)
    assert len(heard) == 16_000
    assert np.argmax(np.abs(np.fft.rfft(heard))) == 440
    assert np.abs(heard).max() == pytest.approx(1.0, abs=0.05)
