"""How fast is this machine?"""

import os
import time

import numpy as np

SHARE = 0.5
"""Of the peak of its matrix products a training step reaches about this part; ``rnncli bench`` tells it exactly."""


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def peak_flops(size: int = 1024, seconds: float = 0.3) -> float:
    """Operations per second of a large float32 matrix product in this process, the best of some."""
    a, out = np.ones((size, size), np.float32), np.empty((size, size), np.float32)
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        np.matmul(a, a, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def macs_per_second() -> float:
    """What training gets done here, with a process on each core: a rough figure, measured in a moment."""
    return SHARE * min(cores(), 8) * peak_flops(512, 0.05) / 2
