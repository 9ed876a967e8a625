"""The rules of a home by what they mean, and those that somebody asked for, so that nobody looks through them all."""

from collections.abc import Iterable

from edge.rewrite.entry import Rule
from edge.rewrite.guard import ASKED_FOR


class Listed:
    """An index of rules by their ids."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._means: dict[str, str] = {}
        self._by_meaning: dict[str, set[str]] = {}
        self.asked: dict[str, str] = {}
        """Ids of those that somebody asked for -> what is heard."""
        for rule in rules:
            self.put(rule)

    def put(self, rule: Rule) -> bool:
        """Take the rule as it is now; whether what is asked for is another."""
        if rule.id not in self._means:
            self._means[rule.id] = rule.means
            self._by_meaning.setdefault(rule.means, set()).add(rule.id)
        if (rule.source in ASKED_FOR) == (rule.id in self.asked):
            return False
        if rule.source in ASKED_FOR:
            self.asked[rule.id] = rule.heard
        else:
            del self.asked[rule.id]
        return True

    def drop(self, rule_id: str) -> bool:
        """Take it away; whether what is asked for is another."""
        means = self._means.pop(rule_id, None)
        if means is not None:
            ids = self._by_meaning[means]
            ids.discard(rule_id)
            if not ids:
                del self._by_meaning[means]
        return self.asked.pop(rule_id, None) is not None

    def meaning(self, text: str) -> list[str]:
        """Ids of the rules that mean this, in order."""
        return sorted(self._by_meaning.get(text, ()))
