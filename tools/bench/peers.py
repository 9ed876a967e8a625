"""What the benchmarks measure beside the hub: the libraries as they come."""

import argparse
from typing import Any

from edge.core.home import HomeState
from edge.core.turn import Hypothesis, Interpretation, Slot
from edge.nlu.grammar import Grammar


class PlainPocketsphinx:
    """Pocketsphinx with the language model that it carries, as its own documentation uses it; it rejects nothing."""

    def __init__(self) -> None:
        import pocketsphinx

        self._decoder: Any = pocketsphinx.Decoder(loglevel="FATAL")
        self._sound = bytearray()

    def accept(self, pcm: bytes) -> None:
        """More sound."""
        self._sound += pcm

    def partial(self) -> str:
        """Nothing: it decodes at the end."""
        return ""

    def ending(self) -> float | None:
        """Nothing: it does not know what can be said."""
        return None

    def finish(self) -> tuple[Hypothesis, ...]:
        """The best reading."""
        self._decoder.start_utt()
        self._decoder.process_raw(bytes(self._sound), full_utt=True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        self.reset()
        return (Hypothesis(best.hypstr, 1.0),) if best is not None and best.hypstr else ()

    def reset(self) -> None:
        """As new."""
        self._sound.clear()


class PlainHassil:
    """hassil's own choice of the best match, called as Home Assistant calls it."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def interpret(self, text: str, home: HomeState) -> Interpretation | None:
        """Its reading of one sentence."""
        from hassil.recognize import recognize_best

        area = home.area(home.mic_area)
        best = recognize_best(
            text,
            self._grammar.intents,
            slot_lists=self._grammar.slot_lists(home),
            intent_context={"area": area.name} if area else None,
            language=self._grammar.language,
            best_slot_name="name",
        )
        if best is None:
            return None
        slots = tuple(Slot(name, entity.value, entity.text) for name, entity in best.entities.items())
        return Interpretation(best.intent.name, slots, text)


def add_argument(parser: argparse.ArgumentParser, peer: str) -> None:
    """The option `--peers`."""
    parser.add_argument("--peers", action="store_true", help=f"measure {peer} in the same run")
