"""What of a turn is kept: what it was about, and no words where none are wanted."""

import json
from collections.abc import Callable
from pathlib import Path

from edge.core import codec
from edge.core.home import Entity, HomeState
from edge.core.timers import Later, Timer, TimerAction, TimerDo
from edge.core.turn import (
    Command,
    Context,
    Habit,
    Hypothesis,
    Interpretation,
    Plan,
    Refusal,
    Reply,
    Slot,
    Spoken,
    Turn,
    Utterance,
    Verb,
    Weighed,
)
from edge.feedback.kept import MAX_ENTITIES, kept
from edge.feedback.store import Store
from tests.unit.feedback.stored import NOW, turn


def test_of_a_large_home_only_what_the_turn_was_about() -> None:
    whole = turn("t", entities=2000)
    small = kept(whole)
    assert list(small.home.entities) == ["light.a"]
    many = Plan(candidates=tuple(whole.home.entities))
    assert len(kept(Turn("t", NOW, whole.home, whole.utterance, plan=many)).home.entities) == MAX_ENTITIES
    assert codec.loads(Turn, codec.dumps(small)) == small


def test_without_words_none_are_kept(opened: Callable[..., Store], tmp_path: Path) -> None:
    secret = "birthday party"
    said = Interpretation("HassListAddItem", (Slot("item", secret, secret), Slot("n", 5, secret)), secret)
    timer = Timer("a", name=secret, then=(Later("todo.list", "add_item", {"item": secret}),))
    plan = Plan(
        commands=(
            Command("todo.list", Verb.ADD_ITEM, {"item": secret, "count": 2}),
            Command("media_player.tv", Verb.TURN_ON),
            Command("text.board", Verb.SET_VALUE, {"value": secret}),
        ),
        refusal=Refusal("x.y", secret),
        timer=TimerAction(TimerDo.START, new=timer),
    )
    player = Entity(
        "media_player.tv", "media_player", "TV", state="on", attributes={"media_title": secret, "volume": 3}
    )
    board = Entity("text.board", "text", "Board", state=secret)
    whole = Turn(
        "t",
        NOW,
        HomeState.of([player, board]),
        Utterance((Hypothesis(secret, 1.0),)),
        timers=(timer,),
        asked=plan,
        context=Context(
            spoken=(Spoken("s", NOW, said, plan),),
            habits=(Habit("media_player.tv", Verb.TURN_ON, {"media_title": secret}, "any", 2.0),),
        ),
        readings=(said,),
        interpretation=said,
        weighed=(Weighed(said, plan, 0.9, {"plain": 1.0}, {"plain": 2.0}),),
        plan=plan,
        reply=Reply(f"added {secret}"),
    )
    assert json.dumps(codec.to_json(whole)).count(secret) > 10
    store = opened(keep_words=False)
    store.add_turn(whole)
    (found,) = store.turns()
    store.close()
    assert secret not in codec.dumps(found)
    assert found.home.entities["media_player.tv"].attributes == {"volume": 3}
    assert found.interpretation is not None
    assert found.interpretation.intent == "HassListAddItem"
    assert found.weighed[0].features == {"plain": 1.0}
    assert all(secret.encode() not in file.read_bytes() for file in (tmp_path / "data").iterdir())
