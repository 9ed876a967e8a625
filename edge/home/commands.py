"""A command and a device's description -> the MQTT messages that say it, and what the device will report. Pure.

Source: the pages of Home Assistant's MQTT integrations, such as https://www.home-assistant.io/integrations/light.mqtt/.
"""

from dataclasses import replace

from edge.core.home import Entity
from edge.core.turn import Command
from edge.home.components.registry import COMPONENTS
from edge.home.components.saying import Ask, Refuse
from edge.home.config import DeviceConfig
from edge.home.instruction import Instruction, Unsayable
from edge.home.template import TemplateFailedError


def compose(
    command: Command, config: DeviceConfig, entity: Entity | None = None, code: str | None = None
) -> Instruction | Unsayable:
    """The command in the device's terms. Saying it twice does no more than saying it once.

    Where one word means two things to the device that is for the dispatch to see to: the instruction is marked as a
    toggle, and not sent again before the device has shown another state. What is pressed is pressed twice.

    entity: the device as it is now; a thermostat that is on keeps its mode when it is turned on.
    code: what the household keeps for this lock or alarm; a code in the command goes before it.
    A value outside the device's range is refused, never brought into it.
    """
    component = COMPONENTS.get(config.domain)
    rule = component.rules.get(command.verb) if component else None
    if rule is None or not rule.takes.issuperset(command.args):
        return Unsayable("act.unsupported")
    said = command.args.get("code")
    ask = Ask(config, command.args, entity, code if said is None else str(said))
    try:
        instruction = rule.say(ask)
    except Refuse as refusal:
        return Unsayable(refusal.code)
    except TemplateFailedError:
        return Unsayable("act.bad_template")
    return replace(instruction, toggle=True) if ask.toggles else instruction
