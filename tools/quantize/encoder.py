"""Family `encoder`: a sentence encoder distilled to a table of word vectors, which a hub adds up.

The words are those of homes, the most frequent beside them, and pieces; the vectors are fitted to the encoder's vectors
of sentences drawn from the templates (`encoder_fit` says how), at 64 bits, so that what is rounded afterwards comes out
the same on every machine. Variants: float32, and 8, 4 and 1 bits a weight with a scale a row.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.core.errors import InputError
from tools.quantize import encoder_fit
from tools.quantize.encoder_file import write_table
from tools.quantize.encoder_teacher import Teacher
from tools.quantize.encoder_words import GENERAL, PIECE, vocabulary, words_of_homes
from tools.quantize.family import Measured, Progress, Variant, kept
from tools.quantize.home_sentences import FILES, home_sentences
from tools.quantize.recipe import Recipe
from tools.quantize.source import source

VARIANTS = {"float32": 32, "int8": 8, "int4": 4, "binary": 1}


@dataclass(frozen=True, slots=True)
class Options:
    """What a recipe chooses."""

    dims: int
    words: int
    """Whole words; those of homes are always in."""
    pieces: int = 400
    """Of other words, beside all letters."""
    per_template: int = 4
    """Sentences drawn of each template."""
    stand_ins: int = 1
    """Sentences that each other word is fitted to."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        for key, least, most in (
            ("dims", 8, 384),
            ("words", 1, 20_000),
            ("pieces", 0, 5_000),
            ("per_template", 1, 32),
            ("stand_ins", 1, 8),
        ):
            if not least <= getattr(self, key) <= most:
                raise ValueError(f"{key}: expected {least} to {most}")


class Encoder:
    """The family."""

    options = Options

    def reads(self) -> Sequence[Path]:
        """The hub's own sentences, and the published vocabulary."""
        return (*FILES, GENERAL)

    def build(self, recipe: Recipe, work: Path, *, progress: Progress) -> tuple[Variant, ...]:
        """All variants, the float one first. Raises EdgeError."""
        model = source(recipe, progress)
        ranked = (model / "vocab.txt").read_text(encoding="utf-8").splitlines()
        words, vectors = _distilled(recipe.options, Teacher(model, work, progress), ranked, progress)
        found = []
        for name, bits in VARIANTS.items():
            path = kept(
                work / f"{recipe.id}.{name}",
                lambda aside, bits=bits: write_table(aside, words, vectors, bits),  # type: ignore[misc]
            )
            found.append(Variant(name, (path,), bits, name in recipe.ship))
        return tuple(found)

    def measure(self, recipe: Recipe, variant: Variant, *, data: Path | None, progress: Progress) -> Measured | None:
        """`tools.bench.encoder` on the variant, in a process of its own: only a hub's own reader tells its time."""
        progress(f"{recipe.id} {variant.name}: nearest sentences", 0, 1)
        command = [sys.executable, "-m", "tools.bench.encoder", "--file", str(variant.files[0]), "--json"]
        command += ["--data", str(data)] if data is not None else ["--no-data"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise InputError("quantize.measure", f"{variant.files[0].name}: {run.stderr.strip()[-300:]}")
        told = json.loads(run.stdout.splitlines()[-1])
        progress(f"{recipe.id} {variant.name}: nearest sentences", 1, 1)
        cost = (told.pop(key) for key in ("points", "us_p50", "load_ms", "memory_mb"))
        points, us_p50, load_ms, memory_mb = cost
        return Measured(points, told, us_p50, load_ms, memory_mb)


def _distilled(
    chosen: Options, teacher: Teacher, ranked: Sequence[str], progress: Progress
) -> tuple[list[str], encoder_fit.Floats]:
    """Words in the order of their bytes, and their vectors."""
    texts = sorted({said.text for said in home_sentences(chosen.per_template)})
    homes = words_of_homes(texts)
    words = vocabulary(homes, ranked, words=chosen.words, pieces=chosen.pieces)
    single = teacher.vectors([word.removeprefix(PIECE) for word in words], "vectors of words") * encoder_fit.SINGLE
    sentences = teacher.vectors(texts, "vectors of sentences")
    progress("fitting", 0, 0)
    at = {word: number for number, word in enumerate(words)}
    home_rows = [at[word] for word in homes]
    bag = encoder_fit.bags(texts, homes)
    vectors = single.copy()
    vectors[home_rows] = encoder_fit.fitted_homes(bag, sentences, single[home_rows])
    known = set(homes)
    others = [word for word in words if word not in known and not word.startswith(PIECE)]
    rows = [at[word] for word in others]
    stand_ins = encoder_fit.stand_ins(others, texts, chosen.stand_ins)
    meant = teacher.vectors(stand_ins, "vectors of words within sentences")
    left = meant - encoder_fit.bags(stand_ins, homes) @ vectors[home_rows]
    vectors[rows] = encoder_fit.fitted_others(stand_ins, left, single[rows])
    predicted = bag @ vectors[home_rows]
    predicted /= np.maximum(np.linalg.norm(predicted, axis=1, keepdims=True), 1e-12)
    return words, encoder_fit.fewer(vectors, predicted, chosen.dims)


FAMILY = Encoder()
