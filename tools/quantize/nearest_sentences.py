"""Nearest-sentence accuracy: how often the nearest sentence of the templates means what was said in other words.

Candidates are four sentences drawn of each template (`home_sentences`), some 6,000. An item is right when the nearest
of them, by cosine, has its intent. The items, and where they come from:

- `own`: `paraphrases_en.tsv`, written for this measure;
- `otherwise`: `tests/data/said_otherwise.tsv`, with the intent that the templates give to the plain wording;
- `left_out`: one sentence of each template, against the candidates of all other templates;
- `understand`, with data: Home Assistant's test sentences (`understand/labels.jsonl`);
- `spoken`, with data: what a recogniser made of what people said (`rewrite/*.jsonl`), where their intent is one of a
  home's and was understood; each text once.

Points are right items of all items, 1,891 without data and 2,453 with that of the benchmarks: one is 0.05 or 0.04
points.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.core.text import normalize
from tools.quantize.home_sentences import Said, home_sentences, intent_of

Embed = Callable[[Sequence[str]], NDArray[Any]]
"""Texts in normal form to one vector each, shape (texts, dims)."""

PER_TEMPLATE = 4
OWN = Path(__file__).with_name("paraphrases_en.tsv")
OTHERWISE = Path(__file__).parents[2] / "tests" / "data" / "said_otherwise.tsv"
SPOKEN: Mapping[str, tuple[str, ...]] = {
    "alarm_query": ("EdgeAlarmStatus",),
    "alarm_remove": ("EdgeCancelAlarm",),
    "alarm_set": ("EdgeSetAlarm",),
    "audio_volume_down": ("HassSetVolumeRelative",),
    "audio_volume_mute": ("HassMediaPlayerMute",),
    "audio_volume_up": ("HassSetVolumeRelative",),
    "datetime_query": ("HassGetCurrentTime", "HassGetCurrentDate"),
    "iot_cleaning": ("HassVacuumStart", "HassVacuumCleanArea"),
    "iot_hue_lightchange": ("HassLightSet",),
    "iot_hue_lightdim": ("HassLightSet",),
    "iot_hue_lightoff": ("HassTurnOff",),
    "iot_hue_lightup": ("HassLightSet",),
    "iot_wemo_off": ("HassTurnOff",),
    "iot_wemo_on": ("HassTurnOn",),
    "weather_query": ("HassGetWeather",),
}
"""Intents of the spoken data -> those of the templates that are the same."""


@dataclass(frozen=True, slots=True)
class Item:
    """What was said in other words."""

    text: str
    intents: tuple[str, ...]
    group: str
    template: int = 0
    """The template that it is drawn of, whose candidates do not count; 0 for none."""


def accuracy(embed: Embed, data: Path | None) -> tuple[float, dict[str, float]]:
    """Points, 0 to 100, and counts: `right` and `of`, and both of each group.

    data: folder of benchmark data; what is not there is left out.
    """
    candidates = _candidates()
    asked = items(data)
    like = _unit(embed([item.text for item in asked])) @ _unit(embed([said.text for said in candidates])).T
    templates = np.array([said.template for said in candidates])
    right: Counter[str] = Counter()
    for item, row in zip(asked, like, strict=True):
        row[templates == item.template] = -2
        right[item.group] += candidates[int(row.argmax())].intent in item.intents
    total = Counter(item.group for item in asked)
    counts: dict[str, float] = {"right": right.total(), "of": len(asked)}
    for group in total:
        counts |= {f"{group}_right": right[group], f"{group}_of": total[group]}
    return 100 * right.total() / len(asked), counts


def items(data: Path | None) -> list[Item]:
    """All items, always in the same order."""
    found = list(_written())
    last = 0
    for said in _candidates():
        if said.template != last:
            found.append(Item(said.text, (said.intent,), "left_out", said.template))
            last = said.template
    if data is not None:
        found += _measured(data)
    return found


@cache
def _candidates() -> tuple[Said, ...]:
    return tuple(home_sentences(PER_TEMPLATE))


def _written() -> Iterator[Item]:
    for line in OWN.read_text(encoding="utf-8").splitlines():
        intent, text = line.split("\t")
        yield Item(normalize(text), (intent,), "own")
    for line in OTHERWISE.read_text(encoding="utf-8").splitlines():
        text, plain = line.split("\t")
        meant = intent_of(plain)
        if meant is not None:
            yield Item(normalize(text), (meant,), "otherwise")


def _measured(data: Path) -> Iterator[Item]:
    for row in _rows(data / "understand" / "labels.jsonl"):
        yield Item(normalize(row["text"]), (row["intent"],), "understand")
    seen: set[str] = set()
    for name in ("history", "queries"):
        for row in _rows(data / "rewrite" / f"{name}.jsonl"):
            said = row["text"].replace(" 's", "'s").replace(" n't", "n't")  # as it was before it was cut into tokens
            text, intents = normalize(said), SPOKEN.get(row["intent"])
            if intents and row["predicted_intent"] == row["intent"] and text not in seen:
                seen.add(text)
                yield Item(text, intents, "spoken")


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _unit(vectors: NDArray[Any]) -> NDArray[np.float64]:
    made: NDArray[np.float64] = vectors.astype(np.float64)
    made /= np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)
    return made
