"""Names that were taught lie over the home, and take nobody else's."""

from edge.core.home import Area, Entity, Floor, HomeState
from edge.core.lessons import LessonAction, LessonDo, asks, named

HOME = HomeState.of(
    [Entity("light.a", "light", "Lamp", area="den"), Entity("light.b", "light", "Spot", aliases=("Sunny",))],
    [Area("den", "Den", "ground", ("study",))],
    [Floor("ground", "Ground Floor")],
)


def test_a_name_is_added_to_the_others() -> None:
    home = named(HOME, {"light.a": ("bertha", "big one"), "light.b": ("moony",)})
    assert home.entities["light.a"].names == ("Lamp", "bertha", "big one")
    assert home.entities["light.b"].names == ("Spot", "Sunny", "moony")
    assert HOME.entities["light.a"].names == ("Lamp",)


def test_what_is_somebody_elses_name_already_stays_theirs() -> None:
    home = named(HOME, {"light.a": ("sunny", "Study", "ground floor", "SPOT")})
    assert home.entities["light.a"].names == ("Lamp",)


def test_a_home_without_such_devices_is_as_it_was() -> None:
    assert named(HOME, {}) is HOME
    assert named(HOME, {"light.gone": ("bertha",)}) is HOME


def test_what_asks() -> None:
    assert not asks(None)
    assert not asks(LessonAction(LessonDo.OFFER))
    assert asks(LessonAction(LessonDo.OFFER, asks=True))
