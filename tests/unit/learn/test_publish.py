"""What passed becomes a signed pack: the same from the same input, for its key's owner alone, nothing risky in it."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.core.errors import InputError
from edge.rewrite.cache import Cache
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Rule, Source, State
from edge.rewrite.ledger import rule_id
from edge.upstream.signed import key_id, unseal
from edge.upstream.vocabulary import Vocabulary
from tools.learn import gate, keys, learning, publish

SEED = bytes(range(32))
WORDS = Vocabulary.load()


def pooled(heard: str, means: str = "turn on the kitchen light", **more: Any) -> Rule:
    return Rule(rule_id(heard, means), heard, means, Source.POOLED, "HassTurnOn area=kitchen", 6.0, 0.5, **more)


RULES = [pooled(f"turn on the {word} light") for word in ("kitten", "chicken", "written", "given")]


def made(rules: list[Rule], **more: Any) -> bytes:
    return publish.pack(rules, **{"week": "2026-W48", "signing_key": SEED, "vocabulary": WORDS, **more})


def test_a_hub_reads_what_was_published() -> None:
    manifest, cache = unseal(made(RULES), [keys.public_of(SEED)])
    assert (manifest.sequence, manifest.week, manifest.rules) == (20_264_800, "2026-W48", 4)
    assert manifest.vocabulary == WORDS.sha256
    read = Cache(cache, Encoder())
    rules = list(read.rules())
    assert {(one.heard, one.means, one.source, one.state) for one in rules} == {
        (one.heard, one.means, Source.POOLED, State.ACTIVE) for one in RULES
    }
    # Rooms are called by their kinds in it, which no home's own names are the same as.
    assert {one.label for one in rules} == {""}
    assert list(read.phrases()) == []


def test_the_same_input_in_any_order_makes_the_same_bytes() -> None:
    assert made(RULES) == made(RULES[::-1])
    assert made(RULES) != made(RULES, sequence=7)
    assert made(RULES) != made(RULES[:3])


def test_later_weeks_have_greater_numbers() -> None:
    weeks = ("2026-W09", "2026-W10", "2026-W53", "2027-W01")
    numbers = [publish.number_of(week) for week in weeks]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("week", ["", "2026-W54", "2027-W53", "2026-48", "2026-W4 8", "٢026-W48"])
def test_what_is_no_week(week: str) -> None:
    with pytest.raises(InputError) as told:
        made(RULES, week=week)
    assert told.value.code == "publish.week"


@pytest.mark.parametrize(
    "bad",
    [
        pooled("movie time", "open the garage door"),
        pooled("unlock the front door"),
        pooled("turn on the <area> light"),
        pooled("turn on the xylofoon light"),
        Rule("x", "movie time", "turn on the kitchen light", Source.REPHRASED),
        RULES[0],
        pooled(RULES[0].heard, "turn off the kitchen light"),
    ],
)
def test_what_no_hub_would_take_is_not_published(bad: Rule) -> None:
    with pytest.raises(InputError) as told:
        made([*RULES, bad])
    assert told.value.code == "publish.rule"
    assert "light" not in str(told.value)


# Keys


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pack.key"
    assert keys.main([str(file), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keys.main([str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**first, "made": False}
    assert first["id"] == key_id(keys.public_of(keys.read(file)))
    with pytest.raises(InputError) as told:
        keys.make(file)
    assert told.value.code == "keys.exists"


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda file: file.chmod(0o640), "keys.open_to_others"),
        (lambda file: file.write_bytes(b"no key"), "keys.file"),
        (lambda file: file.write_bytes(b"AAAA"), "keys.file"),
        (lambda file: file.unlink(), "keys.file"),
    ],
)
def test_a_key_that_cannot_be_used(tmp_path: Path, spoil: Callable[[Path], object], code: str) -> None:
    file = tmp_path / "pack.key"
    keys.make(file)
    spoil(file)
    with pytest.raises(InputError) as told:
        keys.read(file)
    assert told.value.code == code


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrites = tuple(
        gate.Rewrite(one.heard, one.means, one.label, score=0.9, own=0.1, hubs=30, wins=40.0, losses=2.0, bound=9.0)
        for one in RULES
    )
    rules, key, out = tmp_path / "rules.json", tmp_path / "pack.key", tmp_path / "global.edgepack"
    learning.write(rules, learning.Learnt(("2026-W47", "2026-W48"), 20, {}, rewrites))
    public = keys.make(key)
    assert publish.main([str(rules), "--key", str(key), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rules"], told["sequence"]) == (4, 20_264_800)
    manifest, _ = unseal(out.read_bytes(), [public])
    assert manifest.week == "2026-W48"
    first = out.read_bytes()
    assert publish.main([str(rules), "--key", str(key), "--out", str(out)]) == 0
    assert out.read_bytes() == first
    learning.write(rules, learning.Learnt(("2026-W48",), 20, {}, ()))
    assert publish.main([str(rules), "--key", str(key), "--out", str(out)]) == 2
    assert "--empty" in capsys.readouterr().err
    assert out.read_bytes() == first
    assert publish.main([str(rules), "--key", str(key), "--out", str(out), "--empty"]) == 0
    key.chmod(0o644)
    assert publish.main([str(rules), "--key", str(key), "--out", str(out), "--empty"]) == 2
    assert "chmod 600" in capsys.readouterr().err
