"""What a reading through a value template costs, over the templates that the bridges of tests/data/devices publish.

Each use of a template counts once, on what its device last said; the payload's JSON is decoded beforehand, as it is
decoded once for all templates of a message. The worst of a few templates made to be slow stands beside that.
"""

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.home.template import Payload, Template, TemplateFailedError
from tools.bench.common import emit, need, parser

DEVICES = Path(__file__).parents[2] / "tests" / "data" / "devices"
READINGS = 300
ROUNDS = 3
_FLOATS = json.dumps([place / 10 for place in range(630)])
_DIGITS = "9" * 4000
_WORDS = "a,b c_" * 680
_LIST = json.dumps(["ab "] * 250)


def _over(expression: str, times: int = 250) -> str:
    """The expression again and again, in one loop."""
    return f"{{% for i in range({times}) %}}{{% if ({expression}) %}}{{% endif %}}{{% endfor %}}"


HOSTILE = (
    ("{% for i in range(64) %}{% for j in range(64) %}{{ i * j }}{% endfor %}{% endfor %}", "1"),
    ("{{ value | regex_search('a*a*a*b') }}", "a" * 60),
    ("{{ value_json" + " | to_json | from_json" * 70 + " }}", json.dumps({"l": list(range(2000)), "s": "a" * 4000})),
    ("{{ value_json" + " | map('string')" * 40 + " | join }}", json.dumps(list(range(200)))),
    ("{% set a = value %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}", "a" * 100),
    (_over("value_json ~ ''"), _FLOATS),
    (_over("value_json ~ ''"), _DIGITS),
    (_over("value_json | string"), _FLOATS),
    (_over("value_json == value_json"), _FLOATS),
    (_over("value_json.count(0.5)"), _FLOATS),
    (_over("-1 in value_json"), _FLOATS),
    (_over("value_json | base64_encode"), _FLOATS),
    (_over("value_json | to_json(pretty_print=true)"), "[1, 2]"),
    (_over("value_json | selectattr('a', 'eq', 1) | list"), _LIST),
    (_over("zip(value_json, value_json)"), "1"),
    (_over("value | sort"), _WORDS),
    (_over("value | from_json"), _FLOATS),
    (_over("value.split(',')"), _WORDS),
    (_over("value.splitlines()"), _WORDS.replace(",", "\n")),
    (_over("value.title()"), _WORDS),
    (_over("value.casefold()"), "ßé" * 2000),
    (_over("value.rfind('x' ~ value[:2000])"), "a" * 4000),
    (_over("('x' ~ value[:2000]) in value"), "a" * 4000),
    (_over("value | timestamp_custom('" + "%c" * 60 + "')"), "1"),
    (_over("'a' is search('[a-z]{1,2}' * 10 ~ i)"), "1"),
    (_over("'a' | regex_search('[ -~]' * 20 ~ i, ignorecase=true)"), "1"),
    (_over("'a' is search('[\u0100-\uffff]' ~ i)"), "1"),
    ("{{ value_json | map(attribute='0.' ~ '0.' * 500) | list }}", _LIST),
    ("{{ value | title }}", "a " * 8000),
    ("{{ value | slugify }}", "a " * 8000),
    ("{{ value | regex_replace('(?=(a*))', '" + "\\\\1" * 4 + "') }}", "a" * 1000),
)
"""Templates that try to take long, and a message for each."""


def uses() -> Iterator[tuple[str, str]]:
    """Value template and payload, for every use of a template in the devices' discovery messages."""
    for file in sorted(need(DEVICES).glob("*.json")):
        for device in json.loads(file.read_text(encoding="utf-8")):
            said = device["messages"][-1]["payload"]
            payload = said if isinstance(said, str) else json.dumps(said)
            for message in device["discovery"]:
                yield from ((template, payload) for template in _templates(message["payload"]))


def _templates(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _templates(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _templates(part, key)
    elif (
        isinstance(value, str)
        and ("{{" in value or "{%" in value)
        and not {"command", "cmd", "set"} & set(key.split("_"))
    ):
        yield value


def cost_us(template: Template, payload: Payload, readings: int = READINGS) -> float:
    """Microseconds of one reading: the best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(readings):
            try:
                template.read(payload)
            except TemplateFailedError:
                continue
        best = min(best, (time.perf_counter() - began) / readings)
    return best * 1e6


def main(argv: Sequence[str] | None = None) -> None:
    """Print the mean and the highest cost of a reading, and of reading through what is made to be slow."""
    args = parser("templates", "What a reading through a value template costs.").parse_args(argv)
    known: dict[tuple[str, str], float] = {}
    for source, text in (listed := list(uses())):
        if (source, text) not in known:
            payload = Payload(text)
            _ = payload.json
            known[source, text] = cost_us(Template(source), payload)
    costs = [known[use] for use in listed]
    hostile = [cost_us(Template(source), Payload(text), readings=1) for source, text in HOSTILE]
    emit(
        {
            "benchmark": "templates",
            "templates": len({source for source, _ in listed}),
            "uses": len(costs),
            "reading_us_mean": statistics.fmean(costs),
            "reading_us_p50": statistics.median(costs),
            "reading_us_max": max(costs),
            "hostile_ms_max": max(hostile) / 1000,
        },
        as_json=args.json,
        title="value templates",
    )


if __name__ == "__main__":
    main()
