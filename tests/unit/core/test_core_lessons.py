"""Names that were taught lie over the home, and take nobody else's."""

from edge.core.home import Area, Entity, Floor, HomeState
from edge.core.lessons import Lesson, LessonAction, LessonDo, LessonKind, asks, is_void, named, sort_of

HOME = HomeState.of(
    [Entity("light.a", "light", "Lamp", area="den"), Entity("light.b", "light", "Spot", aliases=("Sunny",))],
    [Area("den", "Den", "ground", ("study",))],
    [Floor("ground", "Ground Floor")],
)


def names(**taught: tuple[str, ...]) -> list[Lesson]:
    return [
        Lesson("", LessonKind.NAME, name, device=f"light.{key}", sort="light") for key in taught for name in taught[key]
    ]


def test_a_name_is_added_to_the_others() -> None:
    home = named(HOME, names(a=("bertha", "big one"), b=("moony",)))
    assert home.entities["light.a"].names == ("Lamp", "bertha", "big one")
    assert home.entities["light.b"].names == ("Spot", "Sunny", "moony")
    assert HOME.entities["light.a"].names == ("Lamp",)


def test_what_is_somebody_elses_name_already_stays_theirs() -> None:
    home = named(HOME, names(a=("sunny", "Study", "ground floor", "SPOT")))
    assert home.entities["light.a"].names == ("Lamp",)


def test_a_home_without_such_devices_is_as_it_was() -> None:
    assert named(HOME, []) is HOME
    assert named(HOME, names(gone=("bertha",))) is HOME


def test_a_name_is_not_handed_on_to_a_device_of_another_sort() -> None:
    curtain = Entity("cover.a", "cover", "Front", attributes={"device_class": "curtain"})
    garage = Entity("cover.a", "cover", "Front", attributes={"device_class": "garage"})
    (lesson,) = [Lesson("", LessonKind.NAME, "big one", device="cover.a", sort=sort_of(curtain))]
    assert named(HomeState.of([curtain]), [lesson]).entities["cover.a"].names == ("Front", "big one")
    assert named(HomeState.of([garage]), [lesson]).entities["cover.a"].names == ("Front",)
    assert is_void(lesson, HomeState.of([garage]))
    before = Lesson("", LessonKind.NAME, "big one", device="cover.a")  # of an older version, which noted no sort
    assert named(HomeState.of([garage]), [before]).entities["cover.a"].names == ("Front", "big one")


def test_what_asks() -> None:
    assert not asks(None)
    assert not asks(LessonAction(LessonDo.OFFER))
    assert asks(LessonAction(LessonDo.OFFER, asks=True))
