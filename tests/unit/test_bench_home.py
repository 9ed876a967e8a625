"""What the benchmark of the home checks at the end: that every entity shows what was said last."""

import json

from edge.home.mirror import Mirror
from tools.bench.home_load import BRIDGE, sources


def test_a_lost_last_message_is_noticed() -> None:
    mirror, made = Mirror(clock_ms=lambda: 1), sources(10)
    for source in made:
        for topic, message in source.configs.items():
            mirror.apply(topic, json.dumps(message).encode())
        mirror.apply(f"{source.topic}/available", b"online")
    mirror.apply(BRIDGE, b'{"state":"online"}')
    assert {source.kind for source in made} == {"light", "sensors", "switch", "contact"}
    for source in made:
        for count in range(1, 300):
            mirror.apply(source.topic, source.payload(count).encode())
            home = mirror.snapshot().entities
            assert source.shown(home, count), (source.kind, count)
            assert not source.shown(home, count - 1), (source.kind, count)
