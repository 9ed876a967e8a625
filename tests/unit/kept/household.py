"""A household whose hub has heard, learnt and been taught, in every file that a hub keeps."""

import shutil
from pathlib import Path

from edge.audio import voices
from edge.core.lessons import LessonKind
from edge.core.timers import Timer
from edge.feedback.kept_rules import KeptRules, PhraseRow, RuleRow
from edge.feedback.store import FILE, Store
from edge.profile import Profile
from edge.timers.book import Book
from edge.upstream.outbox import FILE as OUTBOX
from edge.upstreaming import outbox_of
from tests.unit.audio.test_voices import ANNA
from tests.unit.feedback.stored import NOW, turn
from tests.unit.upstream.reports_made import some

HOME = "hub.local:1883/homeassistant"
SAID, LEARNT, TAUGHT, TIMER = "zanzibar pickle", "quokka lantern", "walrus o'clock", "pomegranate"
PASSWORD = "open sesame 7"


def live(profile: Profile) -> None:
    """Have it hear, learn and be taught."""
    data = profile.paths.data_dir
    store = Store(data / FILE, HOME, lambda code, said: None)
    store.add_turn(turn("1", text=f"turn on the {SAID}"))
    store.save_memory(spoken=[SAID])
    rules = KeptRules(store)
    row = RuleRow("r1", f"{LEARNT}", "turn on the lamp", "rephrased", 0, 1.0, 0.0, 1, 0.9, "", 20_000, 20_000, "active")
    taught = row._replace(id="r2", heard=TAUGHT, source="taught")
    assert rules.save([PhraseRow(LEARNT, 0, 1.0, 0.0, 20_000)], [row, taught], ()) is not None
    assert rules.teach(LessonKind.NAME.value, TAUGHT, "light.a", NOW)
    store.close()
    Book(data / "timers.json").change(lambda _: (Timer("t1", seconds=60, due_ms=NOW, name=TIMER),))
    voices.write(data / "voices", ANNA)
    (data / "rewrites.key").write_bytes(bytes(32))
    (data / "rewrites-0123456789ab.cache").write_text(LEARNT)
    outbox = outbox_of(profile)
    outbox.enable()
    for report in some(3):
        assert outbox.add(report)
    outbox.close()
    assert (data / OUTBOX).exists()
    for name in (f"{FILE}.broken-1", f"{FILE}.before-restore", f"{FILE}.before-upgrade", f"{OUTBOX}.broken"):
        (data / name).write_text(SAID)
    shutil.copy(data / "timers.json", data / "timers.json.broken")
    config = profile.paths.home.parent
    (config / "custom_sentences" / "en").mkdir(parents=True)
    (config / "custom_sentences" / "en" / "own.yaml").write_text("language: en\nintents: {}\n")
    profile.paths.home.write_text('microphone = "Kitchen"\n')
    profile.paths.pronunciations.write_text("pickle P IH K AH L\n")
    (config / "edge.toml").write_text(
        f'# ours\n[mqtt]\nhost = "hub.local"  # the broker\n# password = "old"\npassword = "{PASSWORD}"\n'
    )


def holding(folder: Path, words: str) -> list[str]:
    """Files in which these words are."""
    return [path.name for path in sorted(folder.rglob("*")) if path.is_file() and words.encode() in path.read_bytes()]
