"""Two layers: personal first, global where it is silent or thin."""

from edge.rewrite.cache import Cache, packed
from edge.rewrite.encoder import Encoder
from edge.rewrite.entry import Phrase, Rule, Source
from edge.rewrite.layers import GLOBAL, PERSONAL, PRIOR, Layers
from edge.rewrite.ledger import Ledger, rule_id
from edge.rewrite.ranker import Query, fires, rank

ENCODER = Encoder()


def filed(*entries: Phrase | Rule) -> Cache:
    phrases = [entry for entry in entries if isinstance(entry, Phrase)]
    rules = [entry for entry in entries if isinstance(entry, Rule)]
    return Cache(packed(phrases, rules, ENCODER), ENCODER)


def rule(heard: str, means: str, source: Source = Source.POOLED, wins: float = 100.0) -> Rule:
    return Rule(rule_id(heard, means), heard, means, source, "l:" + means, wins)


def test_with_nothing_known_nothing_is_found() -> None:
    layers = Layers(Ledger())
    assert layers.empty
    assert layers.near("good night") == ()
    assert layers.exact("good night") == ()


def test_where_the_household_is_silent_all_homes_speak_softly() -> None:
    layers = Layers(Ledger(), None, filed(rule("nite nite", "good night"), Phrase("good night", "scene", 50.0, 50.0)))
    (found,) = layers.exact("Nite nite")
    assert (found.layer, found.entry.wins, found.similarity) == (GLOBAL, PRIOR, 1.0)
    (found,) = layers.exact("good night")
    assert (found.entry.wins, found.entry.losses) == (PRIOR / 2, PRIOR / 2)
    assert not layers.empty


def test_what_the_household_says_outweighs_all_homes() -> None:
    ledger = Ledger()
    for _ in range(4):
        ledger.went("good night", "scene", won=False)
    layers = Layers(ledger, None, filed(Phrase("good night", "scene", 1000.0)))
    (found,) = layers.exact("good night")
    assert found.layer == PERSONAL
    assert found.entry.losses == 4
    assert found.entry.wins <= PRIOR / 5


def test_what_was_taught_here_is_served_before_what_all_homes_mean() -> None:
    ledger = Ledger()
    layers = Layers(ledger, None, filed(rule("movie time", "play a movie")))
    query = Query((("movie time", 1.0),), "", 0.0)
    (choice, *_) = rank(query, layers)
    assert (choice.text, choice.layer) == ("play a movie", GLOBAL)
    ledger.instead("movie time", "dim the light", source=Source.TAUGHT)
    (choice, *_) = rank(query, layers)
    assert (choice.text, choice.layer) == ("dim the light", PERSONAL)
    assert fires(choice)


def test_memory_is_read_over_the_file_beneath_it() -> None:
    old = rule("movie time", "dim the light", Source.TAUGHT, 4.0)
    file = filed(old, Phrase("good night", "scene", 5.0))
    ledger = Ledger()
    layers = Layers(ledger, file)
    assert [found.entry for found in layers.near("movie times")] == [old]
    ledger.went("good night", "scene", won=False)
    assert [found.entry.losses for found in layers.near("good nights")] == [1.0]
    ledger.drop(old.id)
    assert layers.near("movie times") == ()
    assert layers.exact("movie time") == ()


def test_what_is_near_is_found_in_memory_as_in_a_file() -> None:
    texts = [
        f"{verb} the {thing}" for verb in ("open", "close", "dim", "lock") for thing in ("door", "light", "blinds")
    ]
    ledger = Ledger()
    for text in texts:
        ledger.went(text, "l", won=True)
    memory = Layers(ledger).near("closed the blind", 3)
    file = Layers(Ledger(), filed(*ledger.phrases())).near("closed the blind", 3)
    assert memory[0].text == file[0].text == "close the blinds"
    assert [round(found.similarity, 1) for found in memory] == [round(found.similarity, 1) for found in file]
