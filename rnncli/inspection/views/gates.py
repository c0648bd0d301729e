"""Are the units integrators, or memoryless? How often each gate is shut or open (Karpathy, Johnson and Fei-Fei
2015)."""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import activation_windows, gate_names, require_recurrent_model
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.results import Block, Scatter, Table, Value, ViewResult

CHARACTERS = 50_000
SHUT, OPEN = 0.1, 0.9


BINS = 10
"""Into how many equal ranges from 0 to 1 the values of a gate are counted."""


def distribution(probe: Probe, names: list[str]) -> dict[str, tuple[float, Array]]:
    """For each activation its mean over units and time, and the share (BINS,) of its values in each range."""
    sums, counts = dict.fromkeys(names, 0.0), dict.fromkeys(names, np.zeros(BINS))
    for values in activation_windows(probe, names):
        for name, found in values.items():
            sums[name] += float(found.sum(dtype=np.float64))
            counts[name] = counts[name] + np.histogram(found, BINS, (0, 1))[0]
    return {name: (sums[name] / counts[name].sum(), counts[name] / counts[name].sum()) for name in names}


def saturation(probe: Probe, names: list[str]) -> dict[str, tuple[Array, Array]]:
    """For each activation the shares of time (H,) below ``SHUT`` and above ``OPEN``."""
    shut, opened, count = dict.fromkeys(names, np.zeros(1)), dict.fromkeys(names, np.zeros(1)), 0
    for values in activation_windows(probe, names):
        for name, found in values.items():
            shut[name] = shut[name] + (found < SHUT).sum(axis=0)
            opened[name] = opened[name] + (found > OPEN).sum(axis=0)
        count += len(found)
    return {name: (shut[name] / count, opened[name] / count) for name in names}


def gates(request: ViewRequest) -> ViewResult:
    """Values per layer as tables, and shares of time per unit as a scatter."""
    probe = request.probe.first(CHARACTERS)
    model = require_recurrent_model(probe, "gates")
    if not gate_names(model):
        raise InputError(f"{probe.path} is a plain RNN, which has no gates; LSTM and GRU have them")
    names = [f"{cell}.{gate}" for cell in model.network.names for gate in gate_names(model)]
    shares, spread = saturation(probe, names), distribution(probe, names)
    rows: list[tuple[Value, ...]] = [
        (
            name,
            spread[name][0],
            float(shut.mean()),
            float(opened.mean()),
            int((opened > OPEN).sum()),
            int((shut > OPEN).sum()),
        )
        for name, (shut, opened) in shares.items()
    ]
    columns = ("gate", "mean", "shut", "open", "units mostly open", "units mostly shut")
    note = (
        f"a gate of 1 is open, of 0 shut; shut: below {SHUT}, open: above {OPEN}, as shares of time; mostly: more than "
        f"{OPEN:.0%} of the time"
    )
    ranges = [f"{'≤' if n == BINS else '<'}{n / BINS:g}" for n in range(1, BINS + 1)]
    percents: list[tuple[Value, ...]] = [
        (name, *(round(100 * float(share)) for share in of_gate)) for name, (_, of_gate) in spread.items()
    ]
    of_ranges = Table("Per cent of the time at each value", ("gate", *ranges), percents, "over all units")
    scatters = [
        Scatter(
            f"{name}, a dot for each unit",
            "share of time open",
            "share of time shut",
            list(zip(o.tolist(), s.tolist(), strict=True)),
            [f"{name.partition('.')[0].removeprefix('l')}:{u}" for u in range(len(o))],
        )
        for name, (s, o) in shares.items()
    ]
    blocks: list[Block] = [Table("Gates by layer", columns, rows, note), of_ranges, *scatters]
    return ViewResult(probe.source, {}, blocks, [request.command("memory")])
