"""What the things of an example home are called, for sentences drawn from templates. Names of our own."""

from collections.abc import Mapping

DEVICES: Mapping[str, tuple[str, ...]] = {
    "light": (
        *("bedroom light", "bedroom lamp", "reading lamp", "kitchen light", "counter light", "ceiling light"),
        *("floor lamp", "christmas tree", "porch light", "hall spots", "desk lamp", "light strip"),
    ),
    "switch": ("coffee machine", "kettle", "heater plug", "fountain", "washing machine", "desk plug", "toaster"),
    "fan": ("bedroom fan", "ceiling fan", "bathroom fan", "kitchen extractor", "air purifier"),
    "media_player": ("tv", "kitchen speaker", "living room tv", "radio", "soundbar"),
    "cover": ("bedroom blinds", "left curtain", "garage door", "big gate", "awning", "kitchen shutter", "roller blind"),
    "valve": ("main valve", "garden tap", "sprinkler"),
    "lock": ("front door", "back door", "cellar door", "gate lock"),
    "climate": ("thermostat", "hall thermostat", "air conditioner", "bathroom radiator"),
    "water_heater": ("boiler", "water heater"),
    "humidifier": ("humidifier", "bedroom dehumidifier"),
    "vacuum": ("vacuum", "robot", "dusty"),
    "lawn_mower": ("lawn mower", "mower"),
    "scene": ("movie night", "party mode", "good night", "reading", "mood lighting"),
    "script": ("morning routine", "away mode", "dinner time"),
    "automation": ("evening lights", "night watch"),
    "todo": ("shopping list", "chores", "to do list"),
    "person": ("anna", "paul", "maria"),
    "sensor": ("outdoor temperature", "power meter", "living room humidity", "air quality", "water level"),
    "binary_sensor": ("kitchen window", "smoke alarm", "motion sensor", "phone", "leak sensor"),
    "number": ("pool pump speed", "target level"),
    "select": ("washing mode", "heating program"),
    "alarm_control_panel": ("house alarm", "alarm"),
    "siren": ("siren",),
    "button": ("doorbell", "restart button"),
    "weather": ("home forecast",),
}
PLACES: Mapping[str, tuple[str, ...]] = {
    "area": (
        *("kitchen", "living room", "bedroom", "bathroom", "hall", "garage", "office", "garden", "dining room"),
        *("kids room", "guest room", "basement", "attic", "laundry room", "balcony", "terrace", "nursery", "study"),
    ),
    "floor": ("ground floor", "first floor", "upstairs", "downstairs", "basement floor", "top floor"),
}
FREE: Mapping[str, tuple[str, ...]] = {
    "todo_list_item": ("take out the trash", "call the plumber", "apples", "water the plants"),
    "shopping_list_item": ("apples", "milk", "bread", "coffee", "toilet paper"),
    "search_query": ("jazz", "the beatles", "the news", "inception", "my favorites", "breaking bad"),
    "timer_name": ("pizza", "eggs", "laundry", "tea", "pasta"),
    "t_name": ("pizza", "eggs", "laundry", "tea", "pasta"),
    "t_words": ("check the oven", "call mum"),
    "message": ("dinner is ready", "we leave in five minutes"),
    "zone": ("work", "school", "the gym"),
    "timer_command": ("turn off the light", "close the blinds"),
    "t_command": ("turn off the light", "close the blinds"),
    "setting": ("eco", "quiet", "high"),
    "option": ("eco", "cotton", "quick wash"),
}
