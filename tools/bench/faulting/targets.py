"""All that is fed with inputs that nobody should send: every reader of the hub of what others have written."""

from tools.bench.faulting import targets_household, targets_hub, targets_sent
from tools.bench.faulting.target import Target

TARGETS = (
    Target("discovery", targets_household.discovery),
    Target("config", targets_household.config),
    Target("household", targets_household.household),
    Target("sentences", targets_household.sentences),
    Target("pronunciations", targets_household.pronunciations),
    Target("cache", targets_hub.cache, targets_hub.seal_cache),
    Target("pack", targets_sent.pack, targets_sent.sign_pack),
    Target("turn", targets_hub.turn),
    Target("timers", targets_hub.timers),
    Target("history", targets_hub.history),
    Target("exported", targets_hub.exported),
    Target("batch", targets_sent.batch, targets_sent.compress),
    Target("audio", targets_sent.audio),
    Target("pcm", targets_sent.pcm),
    Target("outbox", targets_hub.spool),
)
