"""From the rewrites that passed to the signed pack that hubs fetch: the same bytes from the same input.

No clock is read, and nothing depends on the order of the input: the week is that of the last turns, and the number of
the pack follows from it unless another is given. A rewrite that a hub would refuse the whole pack for is refused here.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from edge.core.errors import EdgeError, InputError
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Rule, Source
from edge.rewrite.packing import FORMAT, MAX_ENTRIES, packed
from edge.upstream.pack import objection
from edge.upstream.signed import Manifest, seal
from edge.upstream.vocabulary import Vocabulary
from tools.learn import keys, learning
from tools.learn.counts import K

_WEEK = re.compile(r"(2\d{3})-W(0[1-9]|[1-4]\d|5[0-3])", re.ASCII)


def pack(
    rules: Iterable[Rule],
    *,
    week: str,
    signing_key: bytes,
    vocabulary: Vocabulary,
    sequence: int | None = None,
) -> bytes:
    """The pack. rules: of the global layer. week: the last that they were learnt from, such as 2026-W48.

    signing_key: an Ed25519 seed. sequence: None makes it of the week.
    Raises InputError (`publish.week`, `publish.rule` that names no words), PackError, MissingError.
    """
    day = monday(week)
    kept = sorted((_checked(rule, vocabulary, day) for rule in rules), key=lambda rule: (rule.heard, rule.id))
    if len(kept) > MAX_ENTRIES:
        raise InputError("publish.rule", f"a pack holds {MAX_ENTRIES} rewrites at most")
    if len({rule.heard for rule in kept}) != len(kept):
        raise InputError("publish.rule", "two rewrites are of the same words: nobody could tell which is meant")
    encoder = Encoder()
    cache = packed((), kept, encoder)
    manifest = Manifest(
        sequence=sequence if sequence is not None else number_of(week),
        week=week,
        language=vocabulary.language,
        encoder=encoder.hash,
        cache_format=FORMAT,
        rules=len(kept),
        vocabulary=vocabulary.sha256,
    )
    return seal(manifest, cache, signing_key)


def number_of(week: str) -> int:
    """The number of the first pack of a week: later weeks have greater ones, with room for a hundred a week.

    >>> number_of("2026-W48")
    20264800
    """
    monday(week)
    return int(week[:4]) * 10_000 + int(week[6:]) * 100


def monday(week: str) -> int:
    """Days since the Unix epoch of a week's Monday. Raises InputError (`publish.week`)."""
    found = _WEEK.fullmatch(week)
    try:
        first = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found is not None else None
    except ValueError:  # that year has no 53rd
        first = None
    if first is None:
        raise InputError("publish.week", "a week is written as 2026-W48")
    return (first - date(1970, 1, 1)).days


def _checked(rule: Rule, vocabulary: Vocabulary, day: int) -> Rule:
    if rule.source is not Source.POOLED or objection(rule):
        raise InputError("publish.rule", f"rewrite {rule.id} must be in no pack ({objection(rule) or rule.source})")
    if not all(word in vocabulary for text in (rule.heard, rule.means) for word in text.split()):
        raise InputError("publish.rule", f"rewrite {rule.id} holds a word that is not of the published vocabulary")
    # What it was read as upstream has rooms by their kinds, and a hub compares with its own rooms by their names: each
    # hub reads it by itself, and serves what stands by itself there.
    return replace(rule, label="", served=0, confidence=1.0, situation="", made_day=day, last_day=day)


def write(path: Path, data: bytes) -> None:
    """The pack's file, whole or not at all. Raises InputError (`publish.write`)."""
    try:
        aside = path.with_name(f".{path.name}.new")
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except (OSError, ValueError) as error:  # a path without a name
        told = getattr(error, "strerror", None) or "it names no file"
        raise InputError("publish.write", f"{path} cannot be written ({told})") from error


def main(argv: Sequence[str] | None = None) -> int:
    """Make the pack and write it; exit status as documented in the README."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.learn publish",
        description="Make the signed pack of what was learnt.",
        epilog="example: python -m tools.learn publish rules.json --key pack.key --out global.edgepack",
    )
    parser.add_argument("rules", type=Path, metavar="RULES", help="as python -m tools.learn gate writes them")
    parser.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="as python -m tools.learn keys makes it"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the pack, such as global.edgepack")
    parser.add_argument(
        "--sequence",
        type=int,
        metavar="N",
        help="number of the pack; hubs take greater ones alone, so a second pack of one week needs it",
    )
    parser.add_argument("--empty", action="store_true", help="publish a pack of no rewrites, too")
    parser.add_argument("--language", default="en", metavar="CODE", help="default en")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(argv)
    try:
        learnt = learning.read(args.rules)
        rules, week = tuple(learning.rules(learnt)), max(learnt.weeks, default="")
        if not rules and not args.empty:
            raise InputError(
                "publish.nothing",
                f"no rewrite is in {args.rules}; to take back all that hubs have from packs, publish it with --empty",
            )
        seed, words = keys.read(args.key), Vocabulary.load(args.language)
        if learnt.k < K:
            sys.stderr.write(
                f"warning: fewer than {K} homes stand behind these rewrites: they were learnt with k {learnt.k}\n"
            )
        data = pack(rules, week=week, signing_key=seed, vocabulary=words, sequence=args.sequence)
        write(args.out, data)
    except EdgeError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    number = args.sequence if args.sequence is not None else number_of(week)
    told = {"pack": str(args.out), "sequence": number, "week": week, "rules": len(rules), "bytes": len(data)}
    if args.json:
        print(json.dumps({**told, "sha256": hashlib.sha256(data).hexdigest()}))
    else:
        print(f"{args.out}: pack {number} of week {week}, {len(rules)} rewrites, {len(data)} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
