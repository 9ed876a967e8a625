"""Wordings that need the state of the home, what was said before, or what this household does; see `wordings`."""

from collections.abc import Mapping

CONTEXT_WORDINGS: Mapping[str, tuple[str, ...]] = {
    "temperature": (
        "what is the temperature", "how hot is it", "how many degrees is it", "tell me the temperature",
        "what temperature is it", "check the temperature",
    ),
    "preheated": ("is it hot enough yet", "is it hot yet", "has it warmed up", "is it up to temperature"),
    "pause": ("pause", "pause it", "hold on a second", "stop playing", "pause that", "hit pause"),
    "resume": ("continue", "resume", "play on", "carry on", "go on playing", "unpause", "keep playing"),
    "louder_it": (
        "turn it up", "louder", "louder please", "volume up", "a bit louder", "i can hardly hear it", "more volume",
    ),
    "quieter_it": (
        "turn it down", "quieter", "too loud", "volume down", "a bit quieter", "this is too loud", "not so loud",
    ),
    "skip": ("next", "skip this", "next song", "skip it", "next one please", "i do not like this one", "another one"),
    "stop": ("stop", "stop it", "stop there", "that is far enough", "halt", "stop right there"),
    "mute_it": ("mute", "mute it", "silence", "sound off", "be quiet over there"),
    "kind_off": (
        "turn off the {n}", "switch the {n} off", "the {n} off", "{n} off", "shut the {n} off",
        "you can turn the {n} off", "turn the {n} off please",
    ),
    "kind_on": (
        "turn on the {n}", "switch the {n} on", "the {n} on", "{n} on", "put the {n} on", "i need the {n}",
        "let me have the {n}",
    ),
    "kind_close": ("close the {n}", "shut the {n}", "{n} down", "lower the {n}", "close that {n}"),
    "kind_open": ("open the {n}", "{n} up", "raise the {n}", "pull up the {n}"),
    "lock_door": ("lock the door", "lock up", "lock it", "the door should be locked", "close the lock"),
    "brighter_it": (
        "brighter", "a bit brighter", "make it brighter", "more light", "brighten it up", "turn the light up",
        "i can hardly see",
    ),
    "darker_it": (
        "darker", "a bit darker", "dim it", "less light", "too bright", "dim the light", "make it less bright",
    ),
    "faster": ("faster", "a bit faster", "spin faster", "more wind", "stronger"),
    "slower": ("slower", "a bit slower", "not so fast", "less wind", "gentler"),
    "warmer_it": ("warmer", "a bit warmer", "make it warmer", "turn the heating up", "heat it up a bit"),
    "cooler_it": ("cooler", "a bit cooler", "make it cooler", "turn the heating down", "not so warm"),
    "send_home": ("send it home", "that is clean enough", "stop cleaning", "back to the dock", "enough cleaning"),
    "undo": ("put it back", "undo that", "undo", "take that back", "change it back", "as it was before", "revert that"),
    "again_off": ("turn it off again", "off again", "and off again", "turn that off again", "no turn it back off"),
    "again_on": ("turn it on again", "on again", "and back on", "turn that back on", "no turn it on again"),
    "close_it": ("close it", "close it again", "shut it", "shut that", "close that again please"),
    "open_it": ("open it", "open it again", "open that", "back up again"),
    "off_it": ("turn that off", "turn it off", "switch that off", "off with it", "that off please"),
    "alarm_off": ("stop", "turn that off", "i am awake", "alright i am up", "silence", "make it stop"),
    "finished": ("is it done", "is it finished", "is it done yet", "how is it coming along", "is it through"),
    "play_title": (
        "play {title}", "put on {title}", "start {title}", "i want {title}", "let us have {title}", "play me {title}",
    ),
    "watch_title": (
        "watch {title}", "i want to watch {title}", "show me {title}", "let us watch {title}",
        "put {title} on the screen",
    ),
    "listen_title": (
        "read me {title}", "i want to listen to {title}", "listen to {title}", "read {title} to me",
        "play the audiobook of {title}",
    ),
    "news": ("play the news", "put on the news", "what is in the news", "the news please", "start the news"),
    "make_color": (
        "make it {c}", "i want {c} light", "{c} light please", "change the light to {c}", "light in {c}",
        "set the light to {c}",
    ),
    "set_percent": (
        "set the light to {v} percent", "light at {v} percent", "dim the light to {v} percent", "{v} percent light",
        "bring the light to {v}",
    ),
    "cool_to": (
        "cool it down to {v} degrees", "cool to {v}", "cool the room to {v} degrees", "get it down to {v} degrees",
    ),
    "heat_to": ("heat it up to {v} degrees", "heat to {v}", "heat the room to {v} degrees", "get it up to {v} degrees"),
    "open_room": ("open up {room}", "let some light into {room}", "open {room}", "daylight in {room}"),
    "close_room": ("close {room}", "close up {room}", "nobody should see into {room}"),
    "lights_here": ("lights", "the lights please", "do the lights", "lights please", "do the lights for me"),
    "blinds_here": ("do the {n}", "the {n} please", "{n}", "see to the {n}"),
    "here_warm": (
        "how warm is it in here", "what is the temperature here", "is it warm in here", "how cold is it here",
    ),
    "dark": ("it is dark in here", "i cannot see anything", "it is too dark", "why is it so dark in here"),
    "cold": ("i am cold", "it is freezing in here", "it is too cold in here", "i am freezing", "brr it is cold"),
    "hot": ("it is too hot in here", "i am sweating", "it is so hot", "it is boiling in here", "i am hot"),
    "damp": ("it is so damp in here", "the air is too humid", "it is steamy in here", "the mirror is all steamed up"),
    "bedtime": ("i am going to bed", "good night", "time to sleep", "we are off to bed", "bedtime"),
    "leaving": ("i am leaving", "we are going out", "goodbye", "see you later", "i am off"),
    "morning": ("good morning", "i am up", "time to get up", "morning"),
    "film_time": ("film time", "let us watch a film", "time for a film", "we are watching something", "movie night"),
    "and_room": ("and {room}", "and in {room}", "what about {room}", "and {room} too", "{room} as well", "also {room}"),
    "and_thing": ("and {x}", "and {x} too", "{x} as well", "also {x}", "{x} too", "and also {x}"),
    "it_percent": (
        "set it to {v} percent", "make it {v} percent", "{v} percent", "put it at {v}", "better {v} percent",
    ),
    "it_color": ("make it {c}", "and {c}", "no {c}", "now {c}", "{c} is nicer", "change it to {c}"),
    "it_degrees": ("make it {v}", "better {v} degrees", "set it to {v} degrees", "no {v}", "{v} is enough"),
    "them_off": ("turn them off", "turn them off again", "switch them off", "all of them off", "and them off again"),
    "meant_room": ("no i meant {room}", "i meant {room}", "not there in {room}", "no in {room}", "wrong room {room}"),
    "other_one": ("no the other one", "the other one", "not that one the other", "i meant the other one", "wrong one"),
    "same_in": (
        "same in {room}", "do the same in {room}", "the same for {room}", "likewise in {room}",
        "and the same in {room}",
    ),
    "more": ("a bit more", "more", "some more", "a little more", "still more"),
    "less": ("a bit less", "less", "too much", "a little less", "not that much"),
    "brew": ("start brewing", "brew something", "start the brew", "get brewing", "brew up"),
    "play_music": (
        "play music", "play some music", "put on some music", "music please", "music", "i want to hear some music",
        "let us have some music",
    ),
    "usual_temp": (
        "make it comfortable", "heating as usual", "our usual temperature", "set it the way we like it",
        "the usual temperature please",
    ),
    "cosy": (
        "make it cosy", "cosy light please", "dim it the way we like it", "the light as we like it",
        "the usual dim light",
    ),
    "usual": ("the usual", "do the usual", "as always", "you know what to do", "the usual please"),
    "empty_rooms": (
        "turn off the lights in empty rooms", "turn off the lights nobody needs", "lights off where nobody is",
        "no light in empty rooms",
    ),
    "someone": (
        "is someone in {room}", "is anybody in {room}", "who is in {room}", "is there movement in {room}",
        "is {room} empty",
    ),
    "home": ("is {who} home", "is {who} at home", "has {who} come home", "is {who} there", "where is {who}"),
    "anybody": ("who is home", "is anybody home", "is anyone at home", "who is in the house"),
    "left_on": ("did i leave anything on", "is anything still on", "what is still on", "what did we leave on"),
    "unknown_room_on": (
        "turn on the light in the {bare}", "lights on in the {bare}", "switch on the {bare} light",
        "turn off the lights in the {bare}",
    ),
    "unknown_thing": ("turn on the {n}", "switch off the {n}", "start the {n}", "{n} on please", "close the {n}"),
    "chatter": (
        "what a lovely day", "did you see my keys", "the dog wants to go out", "we should call grandma",
        "i think he is late again", "that was a great match", "no i told him already", "dinner is almost ready",
        "who ate the last biscuit", "put your shoes on",
    ),
}  # fmt: skip
