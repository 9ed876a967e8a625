"""Which words of a text are told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.home import Area, Floor, HomeState
from edge.upstream.misheard import ALIKE, alike, misheard
from edge.upstream.names import Names
from edge.upstream.vocabulary import MARKS, MAX_WORDS
from edge.upstream.wording import says_something, told
from tests.unit.nlu.in_context import device, lamp
from tests.unit.upstream.told import VOCABULARY

HOME = HomeState.of(
    [
        lamp("light.a", "kitchen", name="Kitchen Ceiling Light"),
        lamp("light.b", "kitchen", name="Banana Lamp"),
        lamp("light.c", "kitchen", name="Banana"),
        lamp("light.d", "kitchen", name="Hall Lamp 2"),
        device("scene.e", None, None, name="Turn Everything Cosy"),
        device("vacuum.f", None, "docked", name="Sir Sucks"),
        device("person.g", None, "home", name="Rose Miller"),
        device("sensor.h", None, "21", name="Temperature"),
        device("mystery.i", None, "on", name="Gizmo"),
    ],
    [Area("kitchen", "Kitchen", aliases=("Chow Hall",)), Area("den", "Upper Left Bedroom")],
    [Floor("up", "Upstairs"), Floor("nest", "Crows Nest")],
)
NAMES = Names.of(HOME, people=["Bartholomew"], taught=["movie magic"])


def say(text: str, like: str = "") -> str:
    return " ".join(told(text, NAMES, VOCABULARY, like=[tuple(like.split())]))


@pytest.mark.parametrize(
    ("text", "as_told"),
    [
        ("turn on the Kitchen Ceiling Light", "turn on the kitchen ceiling light"),
        ("turn on the banana lamp", "turn on the <light>"),
        ("turn on the banana", "turn on the <light>"),
        ("hall lamp 2", "hall lamp <number:0-9>"),
        ("turn everything cosy now", "<scene> now"),
        ("start sir sucks", "start <vacuum>"),
        ("rose miller is home", "<person> is home"),
        ("tell rose", "tell <person>"),
        ("bartholomew needs light", "<person> needs light"),
        ("the temperature in the chow hall", "the temperature in the <area>"),
        ("light in the upper left bedroom", "light in the <area>"),
        ("lights upstairs", "lights upstairs"),
        ("lights in the crows nest", "lights in the <floor>"),
        ("turn on the gizmo", "turn on the <device>"),
        ("movie magic please", "<other> please"),
        ("it is minus 4 degrees", "it is <number:below-0> degrees"),
        ("to fifty five percent", "to <number:50-59> percent"),
        ("to one hundred", "to <number:100-up>"),
        ("twenty one point five degrees", "<number:20-29> degrees"),
        ("wake me at half past seven", "wake me at <time>"),
        ("at 19 45", "at <time>"),
        ("at seven forty three", "at <time>"),
        ("at 7 30 pm", "at <time>"),
        ("at 7am", "at <time>"),
        ("at 7.30pm", "at <time>"),
        ("five to eight", "<time>"),
        ("quarter to nine", "<time>"),
        ("at nine oclock", "at <time>"),
        ("on monday at noon", "on <time> at <time>"),
        ("call 0 1 7 1 5 5 5", "call <other>"),
        ("call 01715551234", "call <number:100-up>"),
        ("turn on the zyzzyx xylophonist", "turn on the <other>"),
        ("<light> on", "light on"),
        ("", ""),
    ],
)
def test_a_text_is_told_in_published_words_and_marks(text: str, as_told: str) -> None:
    assert say(text) == as_told


def test_words_of_names_are_not_told_by_themselves() -> None:
    assert "banana" in VOCABULARY
    assert say("turn on the banana lump", like="turn on the bandana lamp") == "turn on the <light> lump"
    assert say("turn on the bananas", like="turn on the bandanas") == "turn on the <other>"


def test_a_name_of_common_words_does_not_take_them_away() -> None:
    assert say("turn on everything") == "turn on everything"


def test_what_was_misheard_is_told_and_other_words_are_not() -> None:
    assert say("turn on the kitten light", like="turn on the kitchen light") == "turn on the kitten light"
    assert say("turn on the kitten light") == "turn on the <other> light"
    assert say("turn on the dragon", like="turn on the kitchen light") == "turn on the <other>"


def test_talk_is_not_told_however_it_sounds() -> None:
    like = "turn on the kitchen light"
    assert say("torn on the kitten light", like=like) == "torn on the kitten light"
    assert say("torn on the kitten lied torn on kitten", like=like) == "<other> on the <other> on <other>"


@pytest.mark.parametrize(
    ("heard", "meant"),
    [("kitten", "kitchen"), ("pig", "big"), ("launch", "lounge"), ("copy", "coffee"), ("fun", "fan")],
)
def test_what_recognisers_mistake_is_alike(heard: str, meant: str) -> None:
    assert alike(heard, meant) >= ALIKE


@pytest.mark.parametrize(
    ("heard", "said", "places"),
    [
        ("the bad room lamp", "the bedroom lamp", [0, 1, 2, 3]),
        ("leaving room", "living room", [0, 1]),
        ("turn on the kitchen banana", "turn on the kitchen light", [0, 1, 2, 3]),
        ("turn on the secret santa light", "set the reading lamp to ten percent", [2]),
        ("make the launch table lamp darker", "decrease the brightness of the lounge table lamp", [1, 3, 4]),
        ("kitten", "kitchen", [0]),
        ("<other> kitten", "<other> <light>", [0]),
        ("kitten", "", []),
    ],
)
def test_a_word_is_misheard_where_it_sounds_like_what_stands_there(heard: str, said: str, places: list[int]) -> None:
    assert sorted(misheard(tuple(heard.split()), tuple(said.split()))) == places


def test_a_text_of_marks_alone_says_nothing() -> None:
    assert not says_something(("<other>", "<light>"))
    assert not says_something(())
    assert says_something(("<other>", "on"))


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_nothing_but_the_vocabulary_comes_of_any_text(text: str) -> None:
    words = told(text, NAMES, VOCABULARY, like=[("turn", "on", "the", "kitchen", "light")])
    assert len(words) <= MAX_WORDS
    assert all(word in VOCABULARY for word in words)


WORDS = st.sampled_from(
    [*sorted(VOCABULARY.home)[::40], *sorted(MARKS), "banana", "rose", "7", "half", "past", "hundred"]
)


@given(st.lists(WORDS, max_size=40))
@settings(max_examples=200, deadline=None)
def test_what_is_told_is_told_the_same_again(words: list[str]) -> None:
    once = told(" ".join(words), NAMES, VOCABULARY)
    assert "banana" not in once
    assert "rose" not in once
    assert all(word in VOCABULARY for word in once)
