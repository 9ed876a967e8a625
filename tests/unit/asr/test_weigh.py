"""The rule by which candidates are weighed."""

import pytest

from edge.asr.weigh import Candidate, weigh

PRIOR = -10.0


def candidate(text: str, fit: float, *, agreed: float = 0.0, log_probability: float = PRIOR) -> Candidate:
    return Candidate(text, fit, log_probability, agreed)


def test_nothing_to_weigh() -> None:
    assert weigh([], -3.0) == ()


def test_what_fits_best_wins() -> None:
    heard = weigh([candidate("turn it off", -9.0), candidate("turn it on", -2.0)], -2.0)
    assert [one.text for one in heard] == ["turn it on", "turn it off"]
    assert heard[0].confidence > 0.9
    assert heard[1].confidence < 0.01


def test_a_name_that_the_open_ear_writes_otherwise_is_still_heard() -> None:
    (heard,) = weigh([candidate("activate mood lighting", -4.0)], -2.0)
    assert heard.confidence > 0.5


def test_speech_that_the_home_cannot_say_is_rejected() -> None:
    (heard,) = weigh([candidate("turn on the light", -60.0)], -3.0)
    assert heard.confidence < 0.01


def test_the_other_recogniser_tips_the_scales() -> None:
    alike = [candidate("turn on the fan", -6.0), candidate("turn on the van", -5.0)]
    assert weigh(alike, -5.0)[0].text == "turn on the van"
    agreed = [candidate("turn on the fan", -6.0, agreed=0.9), candidate("turn on the van", -5.0)]
    assert weigh(agreed, -5.0)[0].text == "turn on the fan"


def test_of_two_that_fit_alike_the_likelier_wins() -> None:
    heard = weigh([candidate("a", -5.0, log_probability=-20.0), candidate("b", -5.0, log_probability=-5.0)], -5.0)
    assert [one.text for one in heard] == ["b", "a"]


def test_agreement_makes_it_surer() -> None:
    for fit in (-4.0, -8.0, -12.0):
        alone, both = (weigh([candidate("a b c", fit, agreed=agreed)], -3.0)[0] for agreed in (0.0, 0.9))
        assert both.confidence > alone.confidence


def test_readings_are_few_and_in_order_and_all_extremes_survive() -> None:
    many = [candidate(f"text {number}", -float(number**4), agreed=number % 2) for number in range(20)]
    heard = weigh(many, -1e6)
    assert len(heard) == 5
    assert [one.confidence for one in heard] == sorted((one.confidence for one in heard), reverse=True)
    assert all(0 <= one.confidence <= 1 for one in heard)
    assert weigh(many[10:], 0.0)[0].confidence == pytest.approx(0.0, abs=1e-9)
