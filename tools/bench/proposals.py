"""What `edge misses` proposes for words that the hub does not understand, in an example home of 92 devices.

The words are those of `tools.quantize.nearest_sentences` but the templates' own. Counted are those that nothing is
understood of, how many of them get a proposal, and how many of those have the intent that was meant. A proposal is
right by its intent alone; it is never acted on.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.core.home import Area, Entity, Floor, HomeState
from edge.nlu.grammar import Grammar
from edge.nlu.proposals import Proposals, tables_in
from edge.nlu.reading import Reader
from edge.resources import data_dir
from tools.bench import common
from tools.quantize.home_names import DEVICES, PLACES
from tools.quantize.nearest_sentences import items

_STATES = {"cover": "closed", "lock": "locked", "media_player": "playing", "climate": "heat", "vacuum": "docked"}
_ATTRIBUTES: dict[str, dict[str, Any]] = {
    "light": {"supported_color_modes": ["hs", "color_temp"], "brightness": 100},
    "media_player": {"volume": 40},
    "climate": {"temperature": 20},
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = common.parser("proposals", __doc__ or "")
    parser.add_argument("--file", type=Path, help="the word vectors (default: those that hubs get)")
    parser.add_argument("--list", action="store_true", help="list what was proposed")
    args = parser.parse_args(argv)
    tables = [args.file] if args.file else tables_in(data_dir("models"))
    if not tables:
        common.fail("there are no word vectors in models/: make them with make models")
    common.emit(measure(tables[0], args.data, listed=args.list), as_json=args.json, title="proposals")
    return 0


def measure(table: Path, data: Path, *, listed: bool) -> dict[str, float]:
    """Every item once."""
    reader, home = Reader(Grammar("en")), example_home()
    proposals = Proposals(reader, table)
    asked = [item for item in items(data) if item.group != "left_out"]
    missed = proposed = right = 0
    times_ms: list[float] = []
    for done, item in enumerate(asked, 1):
        common.progress(done, len(asked), "proposals")
        if reader.interpret(item.text, home) or reader.nearest(item.text, home):
            continue
        missed += 1
        began = time.thread_time_ns()
        sentence = proposals.nearest(item.text, home)
        times_ms.append((time.thread_time_ns() - began) / 1e6)
        found = reader.interpret(sentence, home) if sentence is not None else None
        proposed += found is not None
        right += found is not None and found.intent in item.intents
        if listed:
            sys.stderr.write(f"{item.text}\n  {sentence or '-'}\n")
    return {
        "said": len(asked),
        "not_understood": missed,
        "proposed": proposed,
        "proposed_right": right,
        "ms_p50": common.percentile(times_ms, 50),
    }


def example_home() -> HomeState:
    """The home that sentences are drawn for: each device in the room that it is called after, else in any."""
    areas = [Area(name.replace(" ", "_"), name.title(), "ground_floor") for name in PLACES["area"]]
    floors = [Floor(name.replace(" ", "_"), name.title()) for name in PLACES["floor"]]
    named = [(domain, name) for domain, names in DEVICES.items() for name in names]
    entities = [
        Entity(
            f"{domain}.{name.replace(' ', '_')}",
            domain,
            name.title(),
            area=next((a.id for a in areas if name.startswith(a.name.lower())), areas[at % len(areas)].id),
            state=_STATES.get(domain, "on"),
            attributes=_ATTRIBUTES.get(domain, {}),
        )
        for at, (domain, name) in enumerate(named)
    ]
    return HomeState.of(entities=entities, areas=areas, floors=floors, mic_area="kitchen")


if __name__ == "__main__":
    raise SystemExit(main())
