"""Words in the names of things that tell what may come of using them: fire, or an open house. Pure.

Few and sure ones, of English and of the languages in which the hub understands a yes. No list holds all; what a name
does not tell, `home.toml` does. Spelling without accents is taken as well.
"""

import unicodedata
from functools import lru_cache
from itertools import pairwise

from edge.core.text import words


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")


def some(text: str) -> frozenset[str]:
    """The words of a list, without accents."""
    return frozenset(_plain(text).split())


_HOT = some(
    "oven ovens stove stoves stovetop hob hobs cooker cooktop fryer airfryer grill barbecue bbq iron sauna "
    "ofen backofen herd kochfeld fritteuse heissluftfritteuse bügeleisen buegeleisen "
    "horno estufa freidora plancha parrilla vitrocerámica "
    "cuisinière gazinière friteuse repasser "
    "forno fornello fornelli friggitrice stiro griglia stufa "
    "fornuis kookplaat strijkijzer"
)
_OVEN_ALONE = frozenset((("four",), ("le", "four")))
"""French for oven, and an English number: sure only where nothing else is in the name."""
_BESIDE_HEAT = some("hood extractor dunstabzug dunstabzugshaube afzuigkap campana hotte cappa clock timer camera")
LIGHTS = some(
    "light lights lamp lamps led leds lantern bulb licht lampe lampen leuchte beleuchtung "
    "luz luces lámpara lumière luce luci lampada verlichting"
)

OPENINGS = some(
    "door doors garagedoor gate gates lock locks "
    "tor tore garagentor hoftor einfahrtstor gartentor rolltor tür türen tuer haustür haustuer garagentür wohnungstür "
    "eingangstür kellertür türschloss tuerschloss türöffner tueroeffner schloss "
    "puerta puertas portón cerradura porte portail portillon serrure "
    "porta portone cancello serratura deur deuren voordeur achterdeur garagedeur deurslot poort hek"
)
"""What a house is opened with."""
GARAGES = some("garage garages garaje cochera")
OPENING = some("open opens opening opener öffnen öffner abrir abre ouvrir ouvre apri aprire openen opener")
UNLOCKING = some(
    "unlock unlocks disarm disarms aufschliessen entriegeln entsperren entschärfen desbloquear desarmar "
    "déverrouiller désarmer sblocca sbloccare disarma disarmare ontgrendel ontgrendelen"
)
CLOSING = some(
    "close closes closing shut schliessen abschliessen zusperren verriegeln cerrar cierra fermer ferme verrouiller "
    "chiudi chiudere sluit sluiten vergrendelen"
)
ALARMS = some("alarm alarms alarmanlage alarma alarme allarme")
SIRENS = some("siren sirens sirene sirena")
GAS = some("gas gaz gasventil gashahn gaskraan")
HEATERS = some("heater heaters heizlüfter heizluefter heizstrahler calefactor stufetta kachel")
"""What a plug makes hot: no thermostat that the hub knows of turns it off."""

_MISSED = some(
    "fridge fridges refrigerator freezer freezers deepfreeze icebox server servers router modem wifi wlan nas network "
    "internet gateway hub bridge repeater switchboard ups aquarium terrarium vivarium paludarium incubator fishtank "
    "pump pumps boiler furnace defibrillator cpap oxygen ventilator concentrator nebulizer dialysis camera cameras "
    "doorbell intercom babyphone monitor medical alarm "
    "kühlschrank kuehlschrank kühltruhe kuehltruhe gefrierschrank gefriertruhe tiefkühler tiefkuehler eisschrank "
    "pumpe umwälzpumpe heizung kessel netzwerk brutkasten beatmung sauerstoff kamera klingel babyfon "
    "nevera frigorífico refrigerador congelador servidor enrutador acuario terrario bomba caldera oxígeno cámara "
    "frigo réfrigérateur congélateur serveur routeur vivier pompe chaudière oxygène caméra réseau couveuse "
    "frigorifero congelatore surgelatore acquario pompa caldaia ossigeno telecamera rete incubatrice "
    "koelkast vriezer diepvries vrieskist pomp ketel zuurstof netwerk broedmachine deurbel"
)
_MISSED_PAIRS = (("fish", "tank"), ("access", "point"), ("home", "assistant"), ("heat", "mat"), ("baby", "monitor"))


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name, in normal form and without accents."""
    return tuple(_plain(" ".join(words(name))).split())


def is_hot(name: str) -> bool:
    """Whether it is called as something that sets fire to a house when it is left alone, and not as its light or hood.

    >>> [is_hot(name) for name in ("Kitchen Oven", "Air Fryer", "Oven Light", "Environment")]
    [True, True, False, False]
    """
    said = name_words(name)
    if said in _OVEN_ALONE:
        return True
    # "Light the stove" is no lamp.
    beside = set(said[1:] if said[:1] == ("light",) else said) & (LIGHTS | _BESIDE_HEAT)
    return not _HOT.isdisjoint(said) and not beside


def is_missed(name: str) -> bool:
    """Whether a household would miss it were it off with everything else: what cools food, carries data, keeps alive.

    >>> [is_missed(name) for name in ("Garage Freezer", "WLAN-Router", "Fridge Light", "Desk Lamp")]
    [True, True, False, False]
    """
    said = name_words(name)
    if not LIGHTS.isdisjoint(said):
        return False
    return not _MISSED.isdisjoint(said) or any(pair in pairwise(said) for pair in _MISSED_PAIRS)
