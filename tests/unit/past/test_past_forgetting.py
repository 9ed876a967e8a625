"""What is forgotten, old or not to be kept leaves the past, in every process and on disk."""

from collections.abc import Callable
from pathlib import Path

from edge.core.turn import Plan
from edge.feedback.store import FILE, Store
from edge.past import Past, of_home
from edge.profile import load_profile
from tests.system.house import until
from tests.unit.past.lived import ON_A, ON_B, WEIGHED, Clock, House, ask, does


def test_what_another_process_takes_back_is_gone_here(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    past = opened(learns=True)
    past.watch(house)
    house.set("light.a", "on")
    which = Plan(question="which", candidates=("light.a", "light.b"))
    ask(past, house, "q", which, weighed=WEIGHED)
    ask(past, house, "a", does(ON_B), asked=which, text="the second")
    past.close()
    past = opened(learns=True)
    assert past.context(house.snapshot()).weights
    assert past.context(house.snapshot()).habits
    other = Store(tmp_path / FILE, "house", lambda code, _: None)
    assert other.forget() == 1
    ask(past, house, "later", does(ON_A))
    past.close()
    assert past.context(house.snapshot()).weights == {}
    assert past.context(house.snapshot()).habits == ()
    assert opened().context(house.snapshot()).habits == ()
    other.close()


def test_what_another_process_forgets_is_forgotten_here(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    past = opened(learns=True)
    past.watch(house)
    other = Store(tmp_path / FILE, "house", lambda code, _: None)
    ask(past, house, "t1", does(ON_A), text="turn on the zork")
    ask(past, house, "t2", does(ON_B), text="turn on the plover")

    def spoken() -> list[str]:
        return [one["turn"] for one in other.memory().get("spoken", ())]

    until(lambda: spoken() == ["t2", "t1"], "the past keeps what was said")
    assert other.forget_turns("t1") == 1
    ask(past, house, "t3", does(ON_A))
    until(lambda: other.ids() == {"t2", "t3"} and spoken() == ["t3", "t2"], "the past forgets what another has")
    assert [one.turn for one in past.context(house.snapshot()).spoken] == ["t3", "t2"]
    past.close()
    other.close()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"zork" not in raw
    assert b"plover" in raw


def test_what_is_old_goes_though_nothing_is_asked(
    opened: Callable[..., Past], house: House, clock: Clock, tmp_path: Path
) -> None:
    store = Store(tmp_path / FILE, "house", lambda code, _: None)
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "t", does(ON_A))
    past.close()
    assert store.ids() == {"t"}
    clock.later(days=31)
    past = opened(learns=True)
    past.watch(house)
    ask(past, house, "late", does(ON_B))
    until(lambda: "late" in (store.ids() or ()), "the past keeps the turn")
    clock.later(days=1)
    past.close()
    assert store.ids() == {"late"}
    store.close()


def test_without_words_none_are_on_disk(tmp_path: Path, house: House) -> None:
    overrides = [f"paths.data_dir={tmp_path}", "memory.keep=no_words"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    past = of_home(profile, "house", learns=False, now=house.clock)
    ask(past, house, "t", does(ON_A), text="turn on the birthday lamp")
    assert past.context(house.snapshot()).spoken != ()
    past.close()
    assert (tmp_path / FILE).exists()
    assert all(b"birthday" not in file.read_bytes() for file in tmp_path.iterdir())


def test_where_nothing_is_kept_there_is_no_file(tmp_path: Path, house: House) -> None:
    overrides = [f"paths.data_dir={tmp_path}", "memory.keep=nothing"]
    profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
    past = of_home(profile, "house", learns=True, now=house.clock)
    past.watch(house)
    ask(past, house, "t", does(ON_A))
    assert past.context(house.snapshot()).spoken != ()
    past.close()
    assert list(tmp_path.iterdir()) == []


def test_what_was_kept_before_goes_when_the_hub_starts_and_not_with_one_command(tmp_path: Path, house: House) -> None:
    def opened(keep: str, *, learns: bool) -> Past:
        overrides = [f"paths.data_dir={tmp_path}", f"memory.keep={keep}"]
        profile = load_profile(board="x86-64", environ={"HOME": str(tmp_path)}, system_paths=(), overrides=overrides)
        return of_home(profile, "house", learns=learns, now=house.clock)

    def words() -> int:
        return sum(file.read_bytes().count(b"birthday") for file in tmp_path.iterdir())

    past = opened("all", learns=True)
    ask(past, house, "t", does(ON_A), text="turn on the birthday lamp")
    past.close()
    for keep in ("no_words", "nothing"):
        opened(keep, learns=False).close()
        assert words() > 0
    opened("no_words", learns=True).close()
    assert (tmp_path / FILE).exists()
    assert words() == 0
    opened("nothing", learns=True).close()
    assert list(tmp_path.iterdir()) == []
