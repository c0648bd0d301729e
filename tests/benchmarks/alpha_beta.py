"""What the exchange of a training step costs on a network: the α–β model, in which a message of n bytes takes α + n β
seconds (Hockney 1994, "The communication challenge for MPP: Intel Paragon and Meiko CS-2").

N ranks exchange n bytes of gradients by a reduce-scatter and n bytes of parameters by an all-gather. Thakur,
Rabenseifner and Gropp 2005, "Optimization of collective communication operations in MPICH", section 4, give for both
together, with N a power of two

    ring, pairwise exchange         2 (N − 1) α + 2 (N − 1) / N · n β
    recursive halving and doubling  2 log₂(N) α + 2 (N − 1) / N · n β

In this model the second is never slower. Libraries choose the first for long vectors, because neighbours in a ring do
not disturb each other in the switches, which the model leaves out.

Each exchange also has a broadcast of rank 0's word to go on and two all-reduces of two float64, which
:class:`rnncli.training.parallel.mpi.MPIGroup` makes of all-gathers: log₂(N) α each, and their bytes.
"""

import math
from dataclasses import dataclass

SCALARS = 2 * 8
"""Bytes that a rank gives to an all-reduce."""


@dataclass(frozen=True)
class Network:
    """``latency`` is α, in seconds; ``bandwidth`` is 1 / β, in bytes a second each way, of each rank."""

    name: str
    latency: float
    bandwidth: float


NETWORKS = (
    Network("1 Gbit/s Ethernet", 50e-6, 1e9 / 8),
    Network("10 Gbit/s Ethernet", 20e-6, 10e9 / 8),
    Network("100 Gbit/s InfiniBand", 2e-6, 100e9 / 8),
)
"""Assumed, not measured."""


def vectors_seconds(size: int, ranks: int, network: Network, ring: bool = False) -> float:
    """Seconds of the reduce-scatter and the all-gather of ``size`` bytes."""
    messages = ranks - 1 if ring else math.log2(ranks)
    return 2 * messages * network.latency + 2 * (ranks - 1) / ranks * size / network.bandwidth


def scalars_seconds(ranks: int, network: Network) -> float:
    """Seconds of the broadcast and of the two all-reduces."""
    return 3 * math.log2(ranks) * network.latency + 2 * (ranks - 1) * SCALARS / network.bandwidth


def exchange_seconds(size: int, ranks: int, network: Network, vectors: int = 1, ring: bool = False) -> float:
    """Seconds of an exchange of ``vectors`` of ``size`` bytes each, one after the other."""
    return vectors * vectors_seconds(size, ranks, network, ring) + scalars_seconds(ranks, network)


def efficiency(alone: float, own: float, exchange: float, local_steps: int = 1) -> float:
    """Characters per second of N ranks over N times those of a process alone.

    ``alone`` are the seconds in which such a process reads as many characters as one of the ranks in a step, ``own``
    those in which this rank does, and ``exchange`` those of the exchange after every ``local_steps``.
    """
    return alone / (own + exchange / local_steps)
