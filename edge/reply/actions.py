"""Commands as people say them: as a question before they are carried out, and as done afterwards."""

from collections.abc import Iterable, Mapping, Sequence

from edge.core.turn import Command, Verb

_WORDS: Mapping[str, tuple[str, str]] = {
    "turn_on": ("Turn on {names}", "Turned on {names}"),
    "turn_off": ("Turn off {names}", "Turned off {names}"),
    "open": ("Open {names}", "Opened {names}"),
    "close": ("Close {names}", "Closed {names}"),
    "lock": ("Lock {names}", "Locked {names}"),
    "unlock": ("Unlock {names}", "Unlocked {names}"),
    "arm": ("Arm {names}", "Armed {names}"),
    "disarm": ("Disarm {names}", "Disarmed {names}"),
    "activate": ("Activate {names}", "Activated {names}"),
    "press": ("Press {names}", "Pressed {names}"),
    "start": ("Start {names}", "Started {names}"),
    "stop": ("Stop {names}", "Stopped {names}"),
    "pause": ("Pause {names}", "Paused {names}"),
    "play": ("Resume {names}", "Resumed {names}"),
    "mute": ("Mute {names}", "Muted {names}"),
    "unmute": ("Unmute {names}", "Unmuted {names}"),
    "dock": ("Send {names} home", "Sent {names} home"),
    "locate": ("Call {names}", "Called {names}"),
    "oscillate": ("Change the swing of {names}", "Changed the swing of {names}"),
    "install": ("Update {names}", "Updating {names}"),
    "next": ("Skip to the next one on {names}", "Skipped to the next one on {names}"),
    "previous": ("Go back to the one before on {names}", "Went back to the one before on {names}"),
    "clean_spot": ("Clean a spot with {names}", "Cleaning a spot with {names}"),
    "add_item": ("Add that to {names}", "Added that to {names}"),
    "complete_item": ("Check that off on {names}", "Checked that off on {names}"),
    "remove_item": ("Take that off {names}", "Took that off {names}"),
}
_UNITS: Mapping[str, str] = {
    "brightness": "percent",
    "color": "",
    "position": "percent",
    "temperature": "degrees",
    "speed": "percent",
    "volume": "percent",
    "humidity": "percent",
    "value": "",
    "option": "",
    "mode": "",
    "tilt": "percent",
    "preset_mode": "",
    "fan_mode": "",
    "swing_mode": "",
    "fan_speed": "",
    "direction": "",
    "target_temp_low": "degrees",
    "target_temp_high": "degrees",
    "color_temperature": "kelvin",
    "effect": "",
}
"""Argument of a command that sets something -> its unit in words."""


def question(commands: Iterable[Command], names: Mapping[str, str]) -> str:
    """What is asked before the commands are carried out, such as "Unlock the Front Door?".

    names: entity id -> what the device is called.
    """
    return f"{_said(commands, names, 0)}?"


def done(commands: Iterable[Command], names: Mapping[str, str]) -> str:
    """What has been done: "Unlocked the Front Door"."""
    return _said(commands, names, 1)


def the(name: str) -> str:
    """The name with its article, as it stands within a sentence."""
    return name if name.casefold().startswith(("the ", "my ", "our ")) else f"the {name}"


def counted(commands: Sequence[Command]) -> str:
    """How many things were turned off, where they are too many to be told by name.

    >>> counted([Command("light.a", Verb("turn_off"))])
    'Turned off 1 thing'
    """
    count = len({command.entity_id for command in commands})
    return f"Turned off {count} thing{'' if count == 1 else 's'}"


def _said(commands: Iterable[Command], names: Mapping[str, str], tense: int) -> str:
    """One clause for each thing that is done, in the order of the commands."""
    groups: dict[str, list[str]] = {}
    for command in commands:
        name = names.get(command.entity_id, command.entity_id)
        groups.setdefault(_template(command)[tense], []).append(the(name))
    clauses = [template.format(names=_listed(called)) for template, called in groups.items()]
    # Within a sentence only names begin with a capital.
    return " and ".join([*clauses[:1], *(clause[0].lower() + clause[1:] for clause in clauses[1:])])


def _template(command: Command) -> tuple[str, str]:
    if command.verb is Verb.PLAY and (title := command.args.get("media")):
        return f"Play {_plain(title)} on {{names}}", f"Playing {_plain(title)} on {{names}}"
    if command.verb is Verb.CHANGE_VOLUME:
        way = "down" if str(command.args.get("step", "")).startswith(("-", "down")) else "up"
        return f"Turn {way} {{names}}", f"Turned {way} {{names}}"
    if command.verb.value in _WORDS and not (command.verb is Verb.TURN_ON and command.args):
        return _WORDS[command.verb.value]
    for argument, unit in _UNITS.items():
        if argument in command.args:
            value = command.args[argument]
            number = f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
            number = _plain(f"{number} {unit}".strip())
            return f"Set {{names}} to {number}", f"Set {{names}} to {number}"
    return "Change {names}", "Changed {names}"


def _plain(value: object) -> str:
    """A value within a template: it is the device's or the speaker's word, and may hold braces."""
    return str(value).replace("{", "{{").replace("}", "}}")


def _listed(names: list[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
