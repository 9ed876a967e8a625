"""How people word what they ask of a home: the simulator's own grammar, written for it and shared with nothing.

A key is what is meant; its wordings are alternatives, the usual ones first. `{x}` is a device as its people call it,
with its article, `{room}` a room with its article, `{v}` a number, `{title}` a film, book or song. But for the first
two of each key, a third of the wordings is heard in households of even seed only, a third in those of odd seed only, so
whoever learns from one sort meets new words in the other.
"""

import zlib
from collections.abc import Mapping

WORDINGS: Mapping[str, tuple[str, ...]] = {
    "on": (
        "turn on {x}", "turn {x} on", "switch on {x}", "switch {x} on", "put {x} on", "{x} on", "power up {x}",
        "get {x} going", "i want {x} on", "let us have {x} on", "fire up {x}", "start {x}", "flip {x} on",
        "i need {x} on", "activate {x}",
    ),
    "off": (
        "turn off {x}", "turn {x} off", "switch off {x}", "switch {x} off", "{x} off", "shut off {x}", "shut {x} off",
        "kill {x}", "i do not need {x} any more", "cut {x}", "power down {x}", "get {x} off", "deactivate {x}",
        "{x} can go off",
    ),
    "lights_room_on": (
        "turn on the lights in {room}", "lights on in {room}", "turn the {bare} lights on",
        "switch on all the lights in {room}", "light up {room}", "all lights on in {room}", "i want light in {room}",
        "put the lights on in {room}", "make {room} bright",
    ),
    "lights_room_off": (
        "turn off the lights in {room}", "lights off in {room}", "turn the {bare} lights off",
        "switch off all the lights in {room}", "all lights off in {room}", "no lights in {room} please",
        "put the lights out in {room}", "make {room} dark", "darken {room}",
    ),
    "lights_here_on": (
        "turn on the lights", "lights on", "turn the lights on", "switch on the lights", "put the lights on",
    ),
    "lights_here_off": (
        "turn off the lights", "lights off", "turn the lights off", "switch off the lights", "lights out",
    ),
    "dim_to": (
        "set {x} to {v} percent", "dim {x} to {v} percent", "{x} to {v} percent", "put {x} at {v} percent",
        "turn {x} to {v} percent", "bring {x} to {v} percent", "{x} at {v} percent brightness",
        "set the brightness of {x} to {v} percent", "make {x} {v} percent bright", "change {x} brightness to {v}",
    ),
    "color": (
        "make {x} {c}", "set {x} to {c}", "turn {x} {c}", "change {x} to {c}", "i want {x} {c}", "{x} in {c}",
        "colour {x} {c}", "switch {x} to {c}", "give me {c} on {x}",
    ),
    "brighter": (
        "make {x} a bit brighter", "turn up {x} a little", "{x} brighter please", "brighten {x}",
        "a bit more light from {x}", "increase the brightness of {x}", "raise {x} a bit", "bring {x} up a little",
    ),
    "darker": (
        "dim {x}", "make {x} a bit darker", "turn down {x} a little", "lower {x} a bit", "{x} is too bright",
        "dim {x} a little", "decrease the brightness of {x}", "bring {x} down a little", "less light from {x}",
    ),
    "open": (
        "open {x}", "pull up {x}", "raise {x}", "open up {x}", "get {x} open", "let the light in through {x}",
        "{x} open please", "i want {x} open",
    ),
    "close": (
        "close {x}", "shut {x}", "lower {x}", "pull {x} down", "draw {x}", "{x} closed please", "close up {x}",
        "get {x} shut",
    ),
    "position": (
        "open {x} to {v} percent", "set {x} to {v} percent", "move {x} to {v} percent", "put {x} at {v} percent",
        "{x} to {v} percent", "{x} position {v} percent", "bring {x} to {v} percent",
    ),
    "open_gate": ("open {x}", "get {x} open", "open up {x}", "raise {x}", "i want {x} open"),
    "lock": (
        "lock {x}", "lock up {x}", "make sure {x} is locked", "get {x} locked", "secure {x}", "bolt {x}",
        "{x} should be locked",
    ),
    "unlock": (
        "unlock {x}", "open the lock of {x}", "let me in by {x}", "get {x} unlocked", "release {x}",
        "undo the lock on {x}",
    ),
    "temp_set": (
        "set {x} to {v} degrees", "turn {x} to {v} degrees", "put {x} on {v}", "{x} to {v} degrees",
        "make it {v} degrees with {x}", "i want {x} at {v} degrees", "bring {x} to {v} degrees", "change {x} to {v}",
        "adjust {x} to {v} degrees",
    ),
    "temp_room": (
        "set the temperature in {room} to {v} degrees", "make it {v} degrees in {room}",
        "i want {v} degrees in {room}", "heat {room} to {v} degrees", "get {room} to {v} degrees",
        "{room} at {v} degrees", "set {room} to {v} degrees", "warm {room} up to {v}",
    ),
    "warmer": (
        "make {room} a bit warmer", "{v} degrees warmer in {room}", "turn up the heating in {room} by {v} degrees",
        "raise {room} by {v} degrees", "warm up {room} a little",
    ),
    "cooler": (
        "make {room} a bit cooler", "{v} degrees cooler in {room}", "turn down the heating in {room} by {v} degrees",
        "lower {room} by {v} degrees", "{room} is too warm turn it down",
    ),
    "speed": (
        "set {x} to {v} percent", "run {x} at {v} percent", "{x} at {v} percent speed",
        "set the speed of {x} to {v} percent", "turn {x} to {v} percent", "let {x} spin at {v} percent",
    ),
    "volume": (
        "set the volume of {x} to {v} percent", "volume {v} on {x}", "turn {x} to volume {v}", "set {x} volume to {v}",
        "{x} volume at {v} percent", "put the volume on {x} to {v}", "make {x} volume {v} percent",
    ),
    "louder": (
        "turn up {x}", "make {x} louder", "increase the volume on {x}", "{x} louder", "more volume on {x}",
        "raise the volume of {x}",
    ),
    "quieter": (
        "turn down {x}", "make {x} quieter", "lower the volume on {x}", "{x} a bit quieter", "less volume on {x}",
        "reduce the volume of {x}",
    ),
    "pause_x": (
        "pause {x}", "put {x} on pause", "stop playing on {x}", "hold {x} for a moment", "pause what is on {x}",
    ),
    "resume_x": ("resume {x}", "continue on {x}", "unpause {x}", "let {x} play on", "go on playing on {x}"),
    "next_x": ("next on {x}", "skip this on {x}", "next song on {x}", "next track on {x}", "skip ahead on {x}"),
    "mute_x": ("mute {x}", "silence {x}", "put {x} on mute", "no sound from {x}", "turn off the sound of {x}"),
    "vacuum_start": (
        "start the vacuum", "vacuum the house", "let {x} clean", "send out {x}", "start cleaning with {x}", "run {x}",
        "start {x}",
    ),
    "vacuum_dock": (
        "send {x} back", "dock {x}", "return {x} to its base", "stop {x} and send it home", "{x} back to the dock",
        "bring {x} home",
    ),
    "scene": (
        "activate {x}", "{x}", "start {x}", "set the scene {x}", "run the {x} scene", "switch to {x}", "turn on {x}",
        "time for {x}", "i want {x}",
    ),
    "list_add": (
        "add {item} to the shopping list", "put {item} on the shopping list", "we need {item}",
        "remind us to buy {item}", "{item} on the list", "add {item} to my list", "write {item} on the shopping list",
        "we are out of {item}",
    ),
    "timer": (
        "set a timer for {n} minutes", "{n} minute timer", "start a timer of {n} minutes", "timer {n} minutes",
        "timer for {n} minutes please", "let me know in {n} minutes", "count down {n} minutes",
    ),
    "timer_left": (
        "how long is left on the timer", "how much time is left", "how long does the timer still run", "timer status",
    ),
    "timer_stop": (
        "cancel the timer", "stop the timer", "forget the timer", "delete the timer",
        "i do not need the timer any more",
    ),
    "alarm_set": (
        "set an alarm for {n}", "wake me at {n}", "alarm at {n} in the morning", "wake me up at {n} o'clock",
        "i have to get up at {n}",
    ),
    "time": (
        "what time is it", "tell me the time", "what is the time", "how late is it", "do you know what time it is",
        "time please", "what does the clock say",
    ),
    "date": (
        "what day is it", "what is the date", "what is today", "which date is it today", "tell me the date",
        "what is the date today",
    ),
    "is_on": (
        "is {x} on", "is {x} still on", "did somebody leave {x} on", "is {x} running", "check whether {x} is on",
        "tell me if {x} is on",
    ),
    "is_locked": (
        "is {x} locked", "did i lock {x}", "have we locked {x}", "check that {x} is locked", "is {x} safely locked",
    ),
    "is_open": ("is {x} open", "did i leave {x} open", "is {x} still open", "check whether {x} is open", "is {x} up"),
    "temp_ask": (
        "what is the temperature in {room}", "how warm is it in {room}", "how cold is it in {room}",
        "temperature in {room}", "how many degrees in {room}", "what temperature does {room} have",
        "tell me the temperature in {room}", "is {room} warm",
    ),
    "humid_ask": (
        "what is the humidity in {room}", "how humid is it in {room}", "humidity in {room}", "how damp is {room}",
    ),
    "battery_ask": (
        "what is the battery of {x}", "how full is the battery of {x}", "{x} battery level",
        "how much battery does {x} have",
    ),
    "bright_ask": ("how bright is {x}", "what is the brightness of {x}", "at how much percent is {x}"),
    "which_on": (
        "which lights are on", "what lights are on", "are there any lights on", "what lights are still burning",
        "is any light on", "list the lights that are on", "any lights on",
    ),
    "which_on_room": (
        "which lights are on in {room}", "are any lights on in {room}", "is there light in {room}",
        "is any light on in {room}", "are the lights on in {room}",
    ),
    "any_open": (
        "are any windows open", "is any window open", "which windows are open", "did we leave a window open",
        "are all windows closed", "any open windows",
    ),
    "anything_open": (
        "is anything open {floor}", "what is open {floor}", "is something open {floor}",
        "did we leave anything open {floor}",
    ),
    "low": (
        "which batteries are low", "are any batteries low", "which battery needs changing",
        "do i need to change batteries", "what is low on battery", "any empty batteries",
    ),
    "doors": (
        "are all doors locked", "which doors are unlocked", "is the house locked", "is everything locked",
        "did we lock up", "are we locked up",
    ),
    "except": (
        "turn off all the lights except {room}", "all lights off but not {room}",
        "switch off everything that shines except in {room}", "every light off except {room}",
        "turn off all lights but leave {room}",
    ),
    "floor_off": (
        "turn off the lights {floor}", "all lights off {floor}", "lights out {floor}", "switch off the lights {floor}",
        "make it dark {floor}",
    ),
    "all_off": (
        "turn off all the lights", "all lights off", "lights out everywhere", "switch off every light",
        "turn off every light in the house", "kill all the lights", "make the whole house dark",
    ),
    "all_close": (
        "close all the blinds", "shut all blinds", "all blinds down", "lower all the blinds",
        "close every blind in the house",
    ),
    "and": ("{a} and {b}", "{a} and then {b}", "{a} and also {b}", "{a} then {b}", "{a} {b}"),
    "two_rooms": ("turn off the lights in {a} and {b}", "turn off the {c} and {d} lights", "lights off in {a} and {b}"),
    "two_off": ("turn off {x} and {y}", "switch {x} and {y} off", "{x} and {y} off", "shut off both {x} and {y}"),
    "two_on": ("turn on {x} and {y}", "switch {x} and {y} on", "{x} and {y} on", "put on both {x} and {y}"),
}  # fmt: skip

BARE_ROOM_KEYS = frozenset(("lights_room_on", "lights_room_off"))
POLITE_BEFORE = (
    "please",
    "can you",
    "could you",
    "please",
    "can you please",
    "could you please",
    "would you",
    "now",
    "ok",
    "hey can you",
)
POLITE_AFTER = ("please", "please", "now", "thanks", "for me", "right now")
POLITE_ALWAYS = ("please", "thanks")
SLIPS: Mapping[str, tuple[str, ...]] = {
    "light": ("lied", "like"),
    "lights": ("lice", "likes"),
    "lamp": ("lamb", "lump"),
    "fan": ("van", "fun"),
    "kitchen": ("chicken", "kitten"),
    "bedroom": ("bad room", "red room"),
    "hallway": ("highway", "holy"),
    "blinds": ("blend", "blind"),
    "curtains": ("certain", "curtain"),
    "lock": ("look", "log"),
    "turn": ("torn", "term"),
    "heating": ("eating", "heeding"),
    "office": ("orifice", "offers"),
    "set": ("said", "sat"),
    "degrees": ("decrease", "the grease"),
    "percent": ("present", "per sent"),
    "close": ("clothes", "claws"),
    "switch": ("which", "sweets"),
    "speaker": ("speak her", "beaker"),
    "temperature": ("temper true", "temperate sure"),
    "garage": ("carriage", "garbage"),
    "study": ("steady", "sturdy"),
}  # fmt: skip
"""Word -> what a recogniser makes of it."""
FILLERS = ("uh", "um", "er", "so", "well", "ah")


def wordings(key: str, seed: int) -> tuple[str, ...]:
    """The wordings of a key that households of this seed may use."""
    every = ALL[key]
    other = 1 - seed % 2
    return tuple(one for at, one in enumerate(every) if at < 2 or (zlib.crc32(one.encode()) >> 8) % 3 != other)


def _all() -> Mapping[str, tuple[str, ...]]:
    from tools.bench.household.wordings_context import CONTEXT_WORDINGS

    return {**WORDINGS, **CONTEXT_WORDINGS}


ALL: Mapping[str, tuple[str, ...]] = _all()
