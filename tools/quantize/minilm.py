"""The family `minilm`: a BERT sentence encoder, whole, for hubs that afford it: to ONNX, to int8 both ways."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from edge.core.codec import dumps
from tools.quantize import nearest_sentences, onnx_int8
from tools.quantize.bert_onnx import sentence_encoder
from tools.quantize.family import LAYERS, Measured, Progress, Variant, kept
from tools.quantize.home_sentences import home_sentences
from tools.quantize.onnx_losses import layer_losses
from tools.quantize.recipe import Recipe
from tools.quantize.source import source
from tools.quantize.timing import timing
from tools.quantize.wordpiece import SentenceVectors, WordPieces, feed, open_session

_COMPARED = 40
"""Sentences of the calibration set that layers are compared on."""
_TIMED = 200
VOCABULARY = "vocab.txt"


@dataclass(frozen=True, slots=True)
class Options:
    """What a recipe of this family says."""

    sentences: int = 400
    """In the calibration set: drawn from Home Assistant's templates."""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not onnx_int8.MIN_SAMPLES <= self.sentences <= 10_000:
            raise ValueError(f"sentences: expected {onnx_int8.MIN_SAMPLES} to 10000")


class _MiniLm:
    @property
    def options(self) -> type:
        return Options

    def reads(self) -> Sequence[Path]:
        return ()

    def build(self, recipe: Recipe, work: Path, *, progress: Progress) -> tuple[Variant, ...]:
        options: Options = recipe.options
        folder = source(recipe, progress)
        vocabulary = kept(work / VOCABULARY, lambda path: path.write_bytes((folder / VOCABULARY).read_bytes()))

        def write(target: Path) -> None:
            progress("writing the graph", 0, 0)
            target.write_bytes(sentence_encoder(folder, double=False).SerializeToString())

        float32 = kept(work / "float32.onnx", write)
        samples = _samples(vocabulary, options.sentences)

        def static(target: Path) -> None:
            progress("calibrating", 0, 0)
            onnx_int8.static(float32, target, samples, embeddings=True)

        progress("quantizing", 0, 0)
        dynamic = kept(work / "int8-dynamic.onnx", partial(onnx_int8.dynamic, float32))
        int8 = kept(work / "int8-static.onnx", static)
        losses = layer_losses(float32, int8, samples[:_COMPARED], progress=progress)
        kept(work / LAYERS, lambda path: path.write_text(dumps(losses, indent=2), encoding="utf-8"))
        variants = (("float32", float32, 32), ("int8-dynamic", dynamic, 8), ("int8-static", int8, 8))
        return tuple(Variant(name, (path, vocabulary), bits, name in recipe.ship) for name, path, bits in variants)

    def measure(
        self,
        recipe: Recipe,  # noqa: ARG002 - families have it
        variant: Variant,
        *,
        data: Path | None,
        progress: Progress,
    ) -> Measured | None:
        progress("finding nearest sentences", 0, 0)
        points, counts = nearest_sentences.accuracy(SentenceVectors(*variant.files), data)
        progress("timing", 0, 0)
        samples = _samples(variant.files[1], _TIMED)
        cost = timing(_opened, variant.files, samples, libraries=("onnxruntime",))
        return Measured(points, counts, cost.us_p50, cost.load_ms, cost.memory_mb)


FAMILY = _MiniLm()


def _samples(vocabulary: Path, count: int) -> list[Mapping[str, NDArray[Any]]]:
    """Sentences from all through the templates, as the graph's inputs."""
    pieces = WordPieces(vocabulary)
    texts = sorted({said.text for said in home_sentences(per_template=2)})
    return [feed([pieces.ids(text)]) for text in texts[:: max(1, len(texts) // count)][:count]]


def _opened(files: tuple[Path, ...]) -> Callable[[Any], object]:
    session = open_session(files[0])
    return lambda sample: session.run(None, sample)
