"""What a large home costs: the expectation of everything that can be said in it, and the recogniser made of that."""

import itertools
import time
from collections.abc import Sequence

from edge.core.home import Area, Entity, Floor, HomeState
from tools.bench.common import emit, parser, peak_rss_mb

ROOMS = (
    "Kitchen", "Living Room", "Bedroom", "Office", "Hallway", "Garage", "Bathroom", "Attic", "Cellar", "Dining Room",
    "Guest Room", "Nursery", "Laundry", "Study", "Porch", "Patio", "Library", "Workshop", "Pantry", "Conservatory",
)  # fmt: skip
KINDS = (
    ("light", "Ceiling Light"), ("light", "Desk Lamp"), ("switch", "Outlet"), ("cover", "Blinds"), ("fan", "Fan"),
    ("sensor", "Temperature"), ("binary_sensor", "Window"), ("climate", "Thermostat"), ("light", "Spotlight"),
    ("switch", "Heater"), ("cover", "Curtains"), ("lock", "Cabinet"), ("sensor", "Humidity"), ("light", "Sconce"),
    ("binary_sensor", "Motion"), ("switch", "Humidifier"), ("light", "Chandelier"), ("scene", "Evening"),
    ("switch", "Speaker"), ("button", "Doorbell"),
)  # fmt: skip
LABELS = (
    "", "Left", "Right", "North", "South", "East", "West", "Upper", "Lower", "Big", "Small", "Old", "New", "Anna's",
    "Peter's", "Grandma's", "Ecobee", "Tradfri", "Corner", "Second",
)  # fmt: skip
FLOORS = ("Ground Floor", "First Floor")
WAKE_PHRASES = ("hey jarvis",)


def large_home(entities: int) -> HomeState:
    """A home of up to 8,000 devices with different names, the same every time."""
    names = itertools.product(LABELS, KINDS, ROOMS)
    areas = [Area(_id(room), room, _id(FLOORS[place % 2])) for place, room in enumerate(ROOMS)]
    return HomeState.of(
        (
            Entity(f"{domain}.{_id(name)}", domain, name, area=_id(room), state="off")
            for label, (domain, kind), room in itertools.islice(names, entities)
            for name in [" ".join(f"{room} {label} {kind}".split())]
        ),
        areas,
        [Floor(_id(floor), floor) for floor in FLOORS],
        mic_area=_id(ROOMS[0]),
    )


def _id(name: str) -> str:
    return name.casefold().replace("'", "").replace(" ", "_")


def main(argv: Sequence[str] | None = None) -> None:
    """Print how long both take, how large they are, and the most memory that was needed."""
    options = parser("expectation", "What the expectation of a large home and its recogniser cost.")
    options.add_argument("--entities", type=int, default=2000, help="devices in the home (default: 2000)")
    args = options.parse_args(argv)

    from edge.asr.expectation import build
    from edge.asr.recognizer import create
    from edge.nlu.choice_expected import sentences
    from edge.nlu.expected import before_requests
    from edge.nlu.grammar import Grammar
    from edge.nlu.policy import answers

    grammar, home = Grammar("en"), large_home(args.entities)
    began = time.perf_counter()
    made = build(
        grammar.intents,
        grammar.slot_lists(home),
        "en",
        WAKE_PHRASES,
        common=grammar.common,
        answers=answers("en"),
        choices=sentences("en", home),
        beside=grammar.beside,
        before=before_requests("en"),
    )
    built = time.perf_counter()
    create("pocketsphinx", model_dir=None, expectation=made)
    done = time.perf_counter()
    emit(
        {
            "benchmark": "expectation",
            "entities": len(home.entities),
            "words": len(made.words),
            "states": len(made.automaton.arcs),
            "arcs": made.automaton.size,
            "build_s": built - began,
            "decoder_s": done - built,
            "peak_rss_mb": peak_rss_mb(),
        },
        as_json=args.json,
        title="expectation of a large home",
    )


if __name__ == "__main__":
    main()
