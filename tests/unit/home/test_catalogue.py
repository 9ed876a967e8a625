"""The simulated home's devices, as data."""

from pathlib import Path

import pocketsphinx

from edge.core.text import words
from edge.home.catalogue import FLOORS, MIC_AREA, ROWS, SCENES


def test_every_word_can_be_recognised() -> None:
    dictionary = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8")
    known = {line.split(maxsplit=1)[0] for line in dictionary.splitlines() if line}
    names = [row.name for row in ROWS] + list(FLOORS) + [room for rooms in FLOORS.values() for room in rooms]
    assert {word for name in names for word in words(name)} <= known


def test_ids_are_unique_and_rooms_and_scenes_are_known() -> None:
    ids = {row.entity_id for row in ROWS}
    rooms = {room for rooms in FLOORS.values() for room in rooms}
    assert len(ids) == len(ROWS)
    assert {row.room for row in ROWS} == rooms | {None}
    assert MIC_AREA in rooms
    assert {row.entity_id for row in ROWS if row.domain == "scene"} == SCENES.keys()
    assert {entity_id for values in SCENES.values() for entity_id in values} <= ids
