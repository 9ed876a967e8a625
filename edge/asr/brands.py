"""Names that are sold for homes, are in no dictionary, and are not said as they are written."""

from types import MappingProxyType

_SAID = {
    "aeotec": "EY OW T EH K", "aqara": "AH K AA R AH", "braava": "B R AA V AH", "caseta": "K AH S EY T AH",
    "cync": "S IH NG K", "dahua": "D AA HH W AA", "deebot": "D IY B AA T", "dirigera": "D IH R IH JH EH R AH",
    "dreame": "D R IY M IY", "ecovacs": "IY K OW V AE K S", "elgato": "EH L G AA T OW", "emby": "EH M B IY",
    "esphome": "IY EH S P IY HH OW M", "fibaro": "F IH B AA R OW", "fyrtur": "F IH R T UH R", "govee": "G OW V IY",
    "haier": "HH AY ER", "hisense": "HH AY S EH N S", "hvac": "EY CH V AE K", "innr": "IH N ER",
    "insteon": "IH N S T IY AA N", "instapot": "IH N S T AH P AA T", "kadrilj": "K AH D R IH L",
    "kasa": "K AA S AH", "kodi": "K OW D IY", "levoit": "L AH V OY T", "lifx": "L AY F EH K S",
    "lutron": "L UW T R AA N", "midea": "M IH D IY AH", "mycroft": "M AY K R AO F T", "myq": "M AY K Y UW",
    "nabu": "N AA B UW", "nanoleaf": "N AE N OW L IY F", "nas": "N AE S", "nuki": "N UW K IY", "oled": "OW L EH D",
    "onkyo": "AA N K Y OW", "peloton": "P EH L AH T AA N", "qled": "K Y UW L EH D", "qnap": "K Y UW N AE P",
    "qubino": "K Y UW B IY N OW", "rachio": "R EY CH IY OW", "roku": "R OW K UW", "schlage": "SH L EY G",
    "sonoff": "S OW N AO F", "sonos": "S OW N OW S", "symfonisk": "S IH M F OW N IH S K", "tado": "T AA D OW",
    "tapo": "T AA P OW", "tasmota": "T AE Z M OW T AH", "tradfri": "T R AA D F R IY", "tuya": "T UW Y AH",
    "ubiquiti": "Y UW B IH K W IH T IY", "unifi": "Y UW N IH F AY", "wemo": "W IY M OW",
    "wled": "D AH B AH L Y UW L EH D", "worx": "W ER K S", "wyze": "W AY Z", "xiaomi": "SH AW M IY",
    "zwave": "Z IY W EY V",
}  # fmt: skip

BRANDS = MappingProxyType({word: tuple(phones.split()) for word, phones in _SAID.items()})
"""Word -> phones, as the makers say it in English."""
