"""Whether a name may stand in a block of sentences."""

from collections.abc import Mapping

from hassil.intents import IntentData, TextSlotValue


def fits(value: TextSlotValue, data: IntentData) -> bool:
    """Whether the value's context is what the block of sentences asks for: dim takes lights only."""
    context = value.context or {}
    for key, wanted in data.requires_context.items():
        if key in context and not isinstance(wanted, Mapping) and not _is_one_of(context[key], wanted):
            return False
    if any(key in context and _is_one_of(context[key], wanted) for key, wanted in data.excludes_context.items()):
        return False
    return not (data.name_domains and "domain" in context and context["domain"] not in data.name_domains)


def _is_one_of(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, list | tuple | set) else value == wanted
