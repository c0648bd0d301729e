"""The model behind the tables of scaling on a cluster."""

from itertools import pairwise

import pytest

from tests.benchmarks.alpha_beta import NETWORKS, Network, efficiency, exchange_seconds, vectors_seconds

SIZE = 400_000
RANKS = (1, 2, 8, 32, 128, 512)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
@pytest.mark.parametrize("ring", [False, True])
def test_one_rank_exchanges_nothing(network: Network, ring: bool) -> None:
    exchange = exchange_seconds(SIZE, 1, network, vectors=3, ring=ring)
    assert exchange == 0
    assert efficiency(0.1, 0.1, exchange) == 1


@pytest.mark.parametrize("ring", [False, True])
def test_two_ranks_by_hand(ring: bool) -> None:
    network = Network("a kilobyte a second", latency=0.5, bandwidth=1000)
    # Each sends half of 4,000 bytes twice: 2 × (0.5 s + 2 s). The word to go on takes 0.5 s, two scalars of eight bytes
    # twice 0.5 s + 0.016 s.
    assert exchange_seconds(4000, 2, network, ring=ring) == pytest.approx(5 + 0.5 + 2 * 0.516)
    assert exchange_seconds(4000, 2, network, vectors=3, ring=ring) == pytest.approx(3 * 5 + 0.5 + 2 * 0.516)


def test_eight_ranks_by_hand() -> None:
    network = Network("a kilobyte a second", latency=0.5, bandwidth=1000)
    # By halves 2,000, 1,000 and 500 bytes, and back; around the ring 500 bytes seven times, and again.
    assert vectors_seconds(4000, 8, network) == pytest.approx(2 * (3 * 0.5 + 3.5))
    assert vectors_seconds(4000, 8, network, ring=True) == pytest.approx(2 * 7 * (0.5 + 0.5))


@pytest.mark.parametrize("ring", [False, True])
def test_more_ranks_and_slower_networks_are_less_efficient(ring: bool) -> None:
    table = [
        [efficiency(0.1, 0.1, exchange_seconds(SIZE, ranks, network, ring=ring)) for ranks in RANKS]
        for network in NETWORKS
    ]
    for row in table:
        assert all(more < fewer for fewer, more in pairwise(row))
    for slower, faster in pairwise(table):
        assert all(low < high for low, high in zip(slower[1:], faster[1:], strict=True))


def test_bandwidth_alone_and_latency_alone_count() -> None:
    network = NETWORKS[0]
    exchange = exchange_seconds(SIZE, 8, network)
    assert exchange_seconds(SIZE, 8, Network("", network.latency, 2 * network.bandwidth)) < exchange
    assert exchange_seconds(SIZE, 8, Network("", network.latency / 2, network.bandwidth)) < exchange


def test_rarer_exchanges_take_their_share_of_a_step() -> None:
    exchange = exchange_seconds(SIZE, 8, NETWORKS[0])
    assert efficiency(0.1, 0.1, exchange, local_steps=32) == pytest.approx(0.1 / (0.1 + exchange / 32))
    assert efficiency(0.1, 0.05, 0.05) == pytest.approx(1)  # half of the work, and as long to exchange it
