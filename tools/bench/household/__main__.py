"""The benchmark of households that live with a hub; with --tell some days of one, as a person would tell them."""

import argparse
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

from tools.bench import common
from tools.bench.household import HomeChange, Household, Request
from tools.bench.household.moment import DAY, HOUR, MINUTE
from tools.bench.household.truth import Acceptable, Acts, Asks, Refuses, Says, Tells


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark, or tell."""
    given = list(sys.argv[1:] if argv is None else argv)
    if "--tell" in given:
        given.remove("--tell")
        return tell(given)
    from tools.bench import household_bench

    return household_bench.main(given)


def tell(argv: Sequence[str] | None = None) -> int:
    """Print the days; returns 0."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench.household --tell",
        description="Some days of a simulated household, as a person would tell them; with --audio also as sound.",
        epilog="example: python -m tools.bench.household --tell --seed 7 --audio /tmp/spoken --snr 12",
    )
    parser.add_argument("--seed", type=int, default=1, help="another household for every seed (default 1)")
    parser.add_argument("--days", type=int, default=1, help="how many (default 1)")
    parser.add_argument("--devices", type=int, help="about how many the house has (default: 15 to 80)")
    parser.add_argument("--audio", type=Path, metavar="DIR", help="speak each request into a WAV file of this folder")
    parser.add_argument("--snr", type=float, metavar="DB", help="in kitchen noise of this signal-to-noise ratio")
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/bench"), help="folder of benchmark data, for the noise"
    )
    args = parser.parse_args(argv)
    household = Household.of(args.seed, args.devices)
    rooms = ", ".join(area.name for area in household.world.areas)
    people = ", ".join(person.name for person in household.people)
    print(
        f"{people}; {len(household.world.devices)} devices in {rooms}; microphone: {household.world.mic or 'nowhere'}"
    )
    for habit in household.habits.values():
        print(f"used to: {habit.what}: {habit.device} {dict(habit.facts)}")
    speech = None
    if args.audio is not None:
        from tools.bench.household.audio import Speech

        args.audio.mkdir(parents=True, exist_ok=True)
        noise = common.read_audio(common.need(args.data / "noise" / "kitchen.flac")) if args.snr is not None else None
        speech = Speech(noise, args.snr or 0.0)
    for event in household.days(args.days):
        print(_told(event))
        if speech is not None and isinstance(event, Request):
            _write(args.audio / f"{event.id:04}.wav", speech.say(event))
    return 0


def _told(event: HomeChange | Request) -> str:
    at = f"{event.at_ms % DAY // HOUR:02}:{event.at_ms % HOUR // MINUTE:02}"
    if isinstance(event, HomeChange):
        states = ", ".join(f"{key} {event.home.entities[key].state}" for key in event.devices)
        return f"{at}  ({event.by}) {states}"
    accept = " or ".join(_meant(one) for one in event.truth.accept)
    return f"{at}  {event.person}: “{event.text}” [{event.truth.kind}: {event.truth.family}] → {accept}"


def _meant(one: Acceptable) -> str:
    if isinstance(one, Acts):
        done = ", ".join(f"{w.device} {' '.join(f'{k}={v}' for k, v in w.facts)}" for w in one.wishes)
        return f"{'after a yes: ' if one.needs_yes else ''}{done}"
    if isinstance(one, Tells):
        return f"tell of {', '.join(one.about)}" + ("" if one.holds is None else f": {', '.join(one.holds) or 'none'}")
    if isinstance(one, Says):
        return one.topic
    if isinstance(one, Asks):
        return "ask" + (f" between {', '.join(one.between)}" if one.between else "")
    assert isinstance(one, Refuses)
    return "refuse"


def _write(path: Path, samples: common.Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(common.RATE)
        file.writeframes(samples.astype("<i2").tobytes())


if __name__ == "__main__":
    raise SystemExit(main())
