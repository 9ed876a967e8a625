"""Between the rewrites in memory and the files behind them: what has changed is written, what others wrote is taken in.

Whoever looks up or puts waits for no disk: the shelf's lock is held for what is done in memory alone.
"""

import threading

from edge.rewrite.entry import Phrase, Rule
from edge.rewrite.folding import Folding, Saved
from edge.rewrite.listed import Listed
from edge.rewrite.pending import Pending, key_of
from edge.rewrite.shelf import PAUSED, Shelf
from edge.rewrite.spans import Spans

TRIES = 5
"""Times that others may have written just before."""


class Keeping:
    """One home's. Safe to use from several threads, none of which holds the shelf's lock."""

    def __init__(self, shelf: Shelf, folding: Folding) -> None:
        self._shelf, self._folding = shelf, folding
        self._disk = threading.RLock()
        """Held by whoever writes or takes in, one after the other; taken before the shelf's."""
        self._failed = False
        file, pulled = folding.begin()
        if file is not None:
            shelf.renew(file)
        shelf.take(pulled._replace(anew=False))  # what was handed in stays
        shelf.note(folding.notes(PAUSED[0]), folding.notes("offered"))
        self.flush()  # what the file has given back

    @property
    def unwritten(self) -> bool:
        """Whether the disk did not take something; what has only just changed, and nobody asked for, is none of it."""
        with self._shelf.lock:
            return self._failed and bool(self._shelf.pending)

    @property
    def missing(self) -> bool:
        """Whether there is no cache file where there might be one."""
        return self._folding.missing

    def flush(self) -> None:
        """Write what has changed."""
        shelf = self._shelf
        with self._disk:
            for _ in range(TRIES):
                with shelf.lock:
                    taken, shelf.pending = shelf.pending, Pending()
                    personal = shelf.layers.personal
                    phrases = [one for key in taken.phrases for one in personal.phrase(key[0]) if key_of(one) == key]
                    rules = [rule for rule in map(personal.rule, taken.rules) if rule is not None]
                saved = Saved.FAILED
                try:
                    saved = self._saved(taken, phrases, rules)
                finally:
                    self._written(taken, len(phrases) + len(rules), saved)
                if saved is not Saved.BEHIND:
                    return
                self.heed()

    def _written(self, taken: Pending, count: int, saved: Saved) -> None:
        shelf = self._shelf
        with shelf.lock:
            self._failed = saved is not Saved.DONE or bool(taken.notes)
            if saved is not Saved.DONE:
                shelf.pending.put_back(taken)
                return
            shelf.pending.notes = taken.notes | shelf.pending.notes  # no reason to write all else again
            shelf.deltas += count + len(taken.gone)
            shelf.late_phrases |= taken.phrases.keys()
            shelf.late_rules |= taken.rules.keys() | taken.gone

    def _saved(self, taken: Pending, phrases: list[Phrase], rules: list[Rule]) -> Saved:
        if taken.everything:
            if not self._folding.forget_all():
                return Saved.FAILED
            taken.everything = False
        saved = Saved.DONE
        if phrases or rules or taken.gone:
            saved = self._folding.save(phrases, rules, taken.gone)
        if saved is not Saved.DONE:
            return saved
        for (kind, key), on in tuple(taken.notes.items()):
            if self._folding.note(kind, key, on=on):
                del taken.notes[kind, key]
        return Saved.DONE

    def heed(self) -> None:
        """Take in what another process has written."""
        shelf, folding = self._shelf, self._folding
        with self._disk:
            if shelf.pending.everything:
                return  # what is to be forgotten is not to come back
            file, pulled = folding.begin() if not folding.begun else (None, folding.pull())
            if pulled is None or not folding.begun:
                return
            paused, offered = folding.notes(PAUSED[0]), folding.notes("offered")
            with shelf.lock:
                if file is not None:
                    shelf.begin(file)
                shelf.take(pulled)
                if not pulled.lost:
                    shelf.note(paused, offered)

    def warm(self) -> None:
        """Make what is made of all rules, so that no request waits until 10,000 are gone through."""
        shelf = self._shelf
        with self._disk:  # nothing is taken in meanwhile, and no file is closed
            with shelf.lock:
                if shelf.made():
                    return
                personal, changed = shelf.layers.personal, shelf.changed
                rules = list(personal.own_rules())
            if personal.beneath is not None:
                rules += [rule for rule in personal.beneath.rules() if not personal.dropped(rule.id)]
            spans, listed = Spans.of(rules), Listed(rules)
            with shelf.lock:
                if shelf.changed == changed:  # else the next time
                    shelf.make(spans, listed)

    def fold(self, day: int) -> None:
        """Write the cache file anew and serve from it. day: today, in days since the Unix epoch."""
        shelf = self._shelf
        with self._disk:
            self._folding.trim(day)
            self.flush()
            self.heed()
            with shelf.lock:
                shelf.late_phrases.clear()
                shelf.late_rules.clear()
                deltas, shelf.deltas, began = shelf.deltas, 0, shelf.renewed
        cache = self._folding.fold()  # takes seconds, in which others may write
        with self._disk, shelf.lock:
            if cache is None or shelf.renewed != began:
                if cache is not None:
                    cache.close()  # all was taken anew meanwhile: what is in the file may have been forgotten since
                shelf.deltas += deltas
                return
            before, pending = shelf.layers.personal, shelf.pending
            shelf.renew(cache)
            shelf.keep_from(
                before,
                pending.phrases.keys() | shelf.late_phrases,
                pending.rules.keys() | pending.gone | shelf.late_rules,
            )
            shelf.close_retired()

    def close(self) -> None:
        """Write what is not written yet, and let the files go."""
        self.flush()
        with self._disk:
            self._shelf.close()
