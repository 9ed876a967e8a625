"""How long the link waits, and how little it says about it."""

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


def test_two_clients_with_one_id_wait_ever_longer() -> None:
    patience = Patience(Delays())
    said = [lost(patience, SHORT, taken_over=True, resumed=True) for _ in range(12)]
    assert [advice.say for advice in said] == ["link.taken_over", *[""] * 11]
    assert [advice.delay_s for advice in said[:4]] == [60, 120, 240, 480]
    assert said[-1].delay_s == 1800
    assert not patience.back()


def test_two_clients_that_let_each_other_live_for_a_while_are_told_of_once() -> None:
    patience = Patience(Delays())
    said: list[Advice] = []
    for _ in range(12):
        said.append(lost(patience, LONG, taken_over=True, resumed=True))
        assert not patience.back()
        assert not patience.held()
    assert [advice.say for advice in said] == ["link.taken_over", *[""] * 11]
    assert said[-1].delay_s == 1800
    # The other has been given an id of its own: the next outage is one as any other.
    assert lost(patience, LONG, resumed=True) == Advice(0.5, "link.lost")
    assert lost(patience, LONG, taken_over=True) == Advice(60, "link.taken_over")


def test_what_only_looks_like_another_client_costs_a_minute_at_most() -> None:
    # A network that breaks every 20 s does too, and so does a broker that is restarted and keeps sessions on its disk.
    patience = Patience(Delays())
    said = [lost(patience, 20.0, resumed=True) for _ in range(50)]
    assert [advice.delay_s for advice in said] == [0.5, 1, 2, *[60] * 47]
    assert [advice.say for advice in said[:5]] == ["link.lost", "link.unsteady", "", "link.taken_over", ""]
    assert not any(advice.say for advice in said[5:])
    assert patience.held(), "it is said that all is well again"
    assert lost(patience, LONG, resumed=True) == Advice(0.5, "link.lost")
    assert patience.back()


def test_a_restarting_broker_and_a_bad_network_are_no_other_client() -> None:
    restarting, network = Patience(Delays()), Patience(Delays())
    for _ in range(50):
        assert lost(restarting, SHORT, resumed=False).delay_s <= 4
        assert lost(network, SHORT, resumed=True).delay_s <= 4
        network.failed()
