"""How long the link waits, and how little it says about it."""

import pytest

from edge.home.patience import Advice, Delays, Patience

LONG, SHORT = 100.0, 1.0


def lost(patience: Patience, lived_s: float, *, taken_over: bool = False, resumed: bool = False) -> Advice:
    return patience.lost(lived_s, taken_over=taken_over, resumed=resumed)


def test_an_outage_takes_two_lines() -> None:
    patience = Patience(Delays())
    for _ in range(3):
        assert lost(patience, LONG) == Advice(0.5, "link.lost")
        assert patience.back()
        assert not patience.held()


def test_attempts_get_rarer_up_to_a_limit() -> None:
    patience = Patience(Delays())
    lost(patience, LONG)
    assert [patience.failed() for _ in range(8)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert lost(patience, LONG).delay_s == 0.5


def test_a_connection_that_keeps_breaking_is_told_once() -> None:
    patience = Patience(Delays())
    said = [lost(patience, SHORT) for _ in range(100)]
    assert [advice.say for advice in said] == ["link.lost", "link.unsteady", *[""] * 98]
    assert max(advice.delay_s for advice in said) == 4.0
    assert not patience.back()
    assert patience.held()
    assert not patience.held()
    assert lost(patience, LONG).say == "link.lost"


@pytest.mark.parametrize("told", [True, False])
def test_two_clients_with_one_id_wait_ever_longer(told: bool) -> None:
    patience = Patience(Delays())
    said = [lost(patience, SHORT, taken_over=told, resumed=True) for _ in range(12)]
    said = [advice for advice in said if advice.delay_s >= 60]
    assert [advice.say for advice in said] == ["link.taken_over", *[""] * (len(said) - 1)]
    assert [advice.delay_s for advice in said[:4]] == [60, 120, 240, 480]
    assert said[-1].delay_s == 1800
    assert not patience.back()
    assert not patience.held()


def test_a_restarting_broker_and_a_bad_network_are_no_other_client() -> None:
    restarting, network = Patience(Delays()), Patience(Delays())
    for _ in range(50):
        assert lost(restarting, SHORT, resumed=False).delay_s <= 4
        assert lost(network, SHORT, resumed=True).delay_s <= 4
        network.failed()
