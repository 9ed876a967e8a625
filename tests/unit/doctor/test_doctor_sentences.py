"""The doctor looks at the household's own sentences and pronunciations."""

from edge.core.errors import InputError
from edge.doctor import Health, diagnose
from tests.unit.doctor.healthy import House


def test_custom_sentences(house: House) -> None:
    folder = house.profile.paths.custom_sentences
    folder.mkdir()
    assert house.checks()["sentences"].found == f"0 files in {folder}"
    (folder / "mine.txt").touch()
    assert house.checks()["sentences"].status is Health.WARN
    (folder / "en").mkdir()
    (folder / "en/mine.yaml").touch()
    assert house.checks()["sentences"].found == f"1 file in {folder}"
    (folder / "broken.yml").symlink_to(folder / "absent")
    assert house.checks()["sentences"].advice == f"run chmod +r {folder / 'broken.yml'}"


def test_pronunciations(house: House) -> None:
    path = house.profile.paths.pronunciations
    assert "pronunciations" not in house.checks()
    path.write_text("ecobee IY K OW B IY\n")
    assert house.checks()["pronunciations"].found == f"1 word in {path}"
    path.write_text("ecobee IY K OW B IY\nsonos XX\n")
    assert house.checks()["pronunciations"].status is Health.FAIL
    assert house.checks()["pronunciations"].found.startswith(f"{path}:2: 'XX' is no phone")


def test_custom_sentences_that_cannot_be_used(house: House) -> None:
    folder = house.profile.paths.custom_sentences
    folder.mkdir()
    (folder / "mine.yaml").write_text("intents: [")

    def read() -> None:
        raise InputError("grammar.custom", "mine.yaml:1: not YAML")

    checks = {c.name: c for c in diagnose(house.profile, store=house.store, sentences=read)}
    assert checks["sentences"].status is Health.FAIL
    assert checks["sentences"].found == "mine.yaml:1: not YAML"


def test_custom_sentences_that_are_no_folder(house: House) -> None:
    house.profile.paths.custom_sentences.touch()
    assert house.checks()["sentences"].status is Health.FAIL
