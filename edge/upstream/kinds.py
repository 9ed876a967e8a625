"""What rooms, floors and devices are called everywhere: the published kinds, in English. Pure.

A household that calls its rooms and lamps as everybody does tells nothing by it, so these words leave as they are.
"""

ROOMS = frozenset(
    (
        *("kitchen", "bedroom", "living room", "office", "hallway", "hall", "bathroom", "garden", "dining room"),
        *("attic", "basement", "cellar", "balcony", "terrace", "patio", "yard", "backyard", "front yard", "porch"),
        *("nursery", "playroom", "study", "library", "lounge", "den", "family room", "guest room", "spare room"),
        *("guest bedroom", "master bedroom", "spare bedroom", "kids room", "childrens room", "main bedroom"),
        *("master bathroom", "guest bathroom", "ensuite", "toilet", "restroom", "powder room", "laundry room"),
        *("laundry", "utility room", "storage room", "storage", "pantry", "closet", "wardrobe", "dressing room"),
        *("workshop", "shed", "greenhouse", "conservatory", "sunroom", "gym", "home office", "media room"),
        *("home theater", "game room", "games room", "music room", "tv room", "mud room", "entryway", "entry"),
        *("entrance", "foyer", "corridor", "landing", "stairs", "staircase", "stairway", "driveway", "carport"),
        *("pool", "outside", "outdoor", "outdoors", "inside", "bath", "loft", "garage", "sauna", "barn", "deck"),
    )
)
FLOORS = frozenset(
    (
        *("upstairs", "downstairs", "ground floor", "first floor", "second floor", "third floor", "top floor"),
        *("main floor", "lower floor", "upper floor", "lower level", "upper level", "basement", "attic", "cellar"),
    )
)
DEVICES = frozenset(
    (
        *("light", "lights", "lamp", "lamps", "bulb", "bulbs", "lighting", "lightbulb", "chandelier", "spotlight"),
        *("spotlights", "spots", "downlights", "lantern", "strip", "led", "leds", "fan", "fans", "ventilator"),
        *("extractor", "blind", "blinds", "curtain", "curtains", "shade", "shades", "shutter", "shutters", "awning"),
        *("drapes", "window", "windows", "tv", "television", "speaker", "speakers", "radio", "stereo", "soundbar"),
        *("projector", "player", "receiver", "amplifier", "console", "computer", "monitor", "screen", "printer"),
        *("thermostat", "heating", "heat", "heater", "radiator", "radiators", "boiler", "ac", "aircon", "hvac"),
        *("conditioner", "conditioning", "humidifier", "dehumidifier", "purifier", "diffuser", "vacuum", "cleaner"),
        *("robot", "mower", "lawnmower", "sprinkler", "sprinklers", "irrigation", "pump", "plug", "plugs", "socket"),
        *("outlet", "switch", "sensor", "fridge", "refrigerator", "freezer", "dishwasher", "washer", "dryer"),
        *("machine", "kettle", "toaster", "coffee", "maker", "microwave", "camera", "doorbell", "router", "hub"),
        *("detector", "meter", "charger", "fountain", "aquarium", "fireplace", "blanket", "hood", "sofa", "couch"),
    )
)
BESIDE = frozenset(
    (
        *("ceiling", "floor", "desk", "table", "bedside", "wall", "reading", "standing", "night", "counter", "pendant"),
        *("main", "left", "right", "front", "back", "rear", "side", "middle", "center", "big", "small", "little"),
        *("upper", "lower", "top", "bottom", "inner", "outer", "north", "south", "east", "west", "corner", "shelf"),
        *("cabinet", "mirror", "sink", "shower", "bed", "island", "path", "tree", "roof", "roller", "electric", "air"),
        *("water", "hot", "cold", "washing", "air", "smart", "garden", "hallway", "under", "over", "accent", "mood"),
        *("ambient", "task", "working", "work", "color", "white", "warm", "dimmer", "motion", "temperature"),
        *("humidity", "battery", "power", "energy", "status", "state", "level", "smoke", "leak", "contact", "presence"),
        *("occupancy", "illuminance", "pressure", "voltage", "current", "signal", "strength", "update", "firmware"),
        *("linkquality", "brightness", "volume", "speed", "mode", "position", "of", "the", "in", "and", "on", "by"),
        *("group", "all", "room", "home", "house"),
    )
)
"""What stands beside them in names."""
WORDS = frozenset(word for one in (*ROOMS, *FLOORS, *DEVICES, *BESIDE) for word in one.split())
"""All of these, one by one. What is called by them alone is called as everybody does."""
