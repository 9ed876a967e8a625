"""Requests that the abilities of a device decide, or where it is: a screen, colours, the room of the microphone."""

from tools.bench.household.families_plain import color, percent
from tools.bench.household.moment import Ask, Moment, Script, family
from tools.bench.household.truth import Asks, Refuses
from tools.bench.household.world import Device

STORIES = (
    "hunger games",
    "harry potter",
    "the hobbit",
    "sherlock holmes",
    "pride and prejudice",
    "treasure island",
    "the martian",
    "little women",
    "dune",
    "oliver twist",
)


def _players(m: Moment, tag: str) -> list[Device]:
    """Players of this sort here, else the only one of the house."""
    here = m.world.find("media_player", tag=tag, room=m.mic) if m.mic else []
    everywhere = m.world.find("media_player", tag=tag)
    return here[:1] if len(here) == 1 else everywhere if len(everywhere) == 1 and not here else []


@family("context", 3)
def play_a_title(m: Moment) -> Script:
    """A film where there is a screen, otherwise an audiobook or music."""
    title = m.rng.choice(STORIES)
    screens, speakers = _players(m, "tv"), _players(m, "speaker")
    here = m.world.find("media_player", room=m.mic) if m.mic else []
    if here:
        screens, speakers = [p for p in screens if p in here], [p for p in speakers if p in here]
    player, kind = (screens[0], "film") if screens else (speakers[0] if speakers else None, "")
    if player:
        facts: dict[str, str | bool] = {"playing": True, "media": title, **({"kind": kind} if kind else {})}
        yield Ask(m.say("play_title", title=title), (m.acts((player, facts)),))


@family("context", 2, hours=(15, 24))
def watch_a_title(m: Moment) -> Script:
    """What is watched needs a screen, wherever it is."""
    if screens := _players(m, "tv"):
        title = m.rng.choice(STORIES)
        yield Ask(
            m.say("watch_title", title=title),
            (m.acts((screens[0], {"playing": True, "media": title, "kind": "film"})),),
        )
    elif not m.world.find("media_player", tag="tv"):
        yield Ask(m.say("watch_title", title=m.rng.choice(STORIES)), (Refuses(),))


@family("context", 2)
def listen_to_a_title(m: Moment) -> Script:
    """What is read out needs no screen, even where there is one."""
    speakers = _players(m, "speaker")
    here = m.world.find("media_player", room=m.mic) if m.mic else []
    if speakers and (not here or speakers[0] in here):
        title = m.rng.choice(STORIES)
        facts: dict[str, str | bool] = {"playing": True, "media": title, "kind": "audiobook"}
        yield Ask(m.say("listen_title", title=title), (m.acts((speakers[0], facts)),))


@family("context", 2)
def play_the_news(m: Moment) -> Script:
    """Seen or heard, but here."""
    here = m.world.find("media_player", room=m.mic) if m.mic else []
    if here:
        facts: dict[str, str | bool] = {"playing": True, "media": "news"}
        yield Ask(m.plain("news"), tuple(m.acts((p, facts)) for p in here))


@family("context", 2)
def color_here(m: Moment) -> Script:
    """One lamp here has colours."""
    able = [d for d in m.lights(m.mic) if d.colored]
    if len(able) == 1 and len(m.lights(m.mic)) > 1:
        wanted = color(m)
        yield Ask(m.say("make_color", c=wanted), (m.acts((able[0], {"color": wanted})),))


@family("context", 2)
def percent_here(m: Moment) -> Script:
    """One lamp here can be dimmed."""
    able = [d for d in m.lights(m.mic) if d.dims]
    if len(able) == 1 and len(m.lights(m.mic)) > 1:
        level = percent(m)
        yield Ask(m.say("set_percent", v=level), (m.acts((able[0], {"brightness": level})),))


@family("context", 2)
def cool_or_heat(m: Moment) -> Script:
    """This room has one device that cools and one that heats."""
    cooler = m.world.find("climate", tag="cooler", room=m.mic) if m.mic else []
    heater = m.world.find("climate", tag="thermostat", room=m.mic) if m.mic else []
    if len(cooler) == len(heater) == 1:
        cools = m.rng.random() < 0.5
        wanted = float(m.rng.randint(18, 20) if cools else m.rng.randint(21, 24))
        device = cooler[0] if cools else heater[0]
        yield Ask(m.say("cool_to" if cools else "heat_to", v=wanted), (m.acts((device, {"temperature": wanted})),))


@family("context", 2)
def open_a_room(m: Moment) -> Script:
    """What can be opened or closed of a room is its blinds."""
    rooms = [
        a.id
        for a in m.world.areas
        if len(m.world.find("cover", room=a.id)) == 1 and m.world.find("cover", tag="shade", room=a.id)
    ]
    if rooms:
        room = m.rng.choice(rooms)
        shade = m.world.find("cover", room=room)[0]
        opening = shade.number("position") == 0
        key = "open_room" if opening else "close_room"
        yield Ask(m.say(key, room=m.room(room)), (m.acts((shade, {"position": 100.0 if opening else 0.0})),))


# Which room


@family("context", 3)
def short_name_here(m: Moment) -> Script:
    """A name without its room means the one here, though other rooms have one."""
    if m.mic:
        ours = [
            d
            for d in m.lights(m.mic) + m.world.find("cover", "fan", room=m.mic)
            if (s := m.short(d)) and s not in ("light", "lamp")
        ]
        if device := m.pick(ours):
            if device.domain == "cover":
                yield Ask(m.say("close", x=f"the {m.short(device)}"), (m.acts((device, {"position": 0.0})),))
            else:
                on = not device.on
                yield Ask(
                    m.say("on" if on else "off", x=f"the {m.short(device)}"),
                    (m.power([device], "on" if on else "off"),),
                )


@family("context", 2)
def the_only_fan(m: Moment) -> Script:
    """None here, one elsewhere on this floor, one on the other: the nearer one is meant; the only one in any case."""
    fans = m.world.find("fan")
    floor = m.world.floor_of(m.mic)
    near = [f for f in fans if floor and m.world.floor_of(f.room) == floor]
    if m.mic and not any(f.room == m.mic for f in fans) and (len(fans) == 1 or len(near) == 1):
        fan = fans[0] if len(fans) == 1 else near[0]
        for other in fans:
            if other.on:
                yield m.do(other, 20, power="off")
        yield Ask(m.say("kind_on", n="fan"), (m.power([fan], "on"),), 600_000)


@family("context", 2)
def no_room_known(m: Moment) -> Script:
    """Where the microphone's room is not known, somebody has to say it."""
    if m.mic is None:
        yield Ask(m.plain(m.rng.choice(("lights_here", "lights_here_on", "lights_here_off"))), (Asks(),))


@family("context", 2)
def how_warm_here(m: Moment) -> Script:
    """Here is the microphone's room, oven or not."""
    if told := m.thermometers(m.mic):
        yield Ask(m.say("here_warm"), (m.value(told),))
