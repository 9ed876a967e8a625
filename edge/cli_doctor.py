"""The command `edge doctor`: what the hub needs, whether it is there, and what to do where it is not."""

import argparse
import json
from typing import TYPE_CHECKING

from edge.core.errors import ExitCode

if TYPE_CHECKING:
    from edge.models import ModelStore
    from edge.profile import Profile


def run(args: argparse.Namespace, profile: "Profile", store: "ModelStore", ready_s: float) -> ExitCode:
    """ready_s: seconds that the broker has for what it retains."""
    from edge import home_check
    from edge.audio.microphone import microphones
    from edge.doctor import Check, diagnose
    from edge.house import linked
    from edge.nlu.grammar import Grammar
    from edge.show import checks_text

    findings: list[Check] = []

    def connect() -> None:
        with linked(profile, ready_s=ready_s) as link:
            findings.extend(
                home_check.check(link.snapshot(), link.settings.household, sounds=None, complaints=link.complaints)
            )

    def sentences() -> None:
        Grammar(profile.language, [profile.paths.custom_sentences])

    checks = diagnose(
        profile,
        store=store,
        microphones=microphones,
        connect=connect if profile.mqtt.host else None,
        sentences=sentences,
    )
    checks = (*checks, *home_check.summary(findings))
    if args.json:
        print(json.dumps([{"name": c.name, "status": c.status, "found": c.found, "advice": c.advice} for c in checks]))
    else:
        print(checks_text(checks))
    return ExitCode.NOT_DONE if any(check.status == "fail" for check in checks) else ExitCode.OK
