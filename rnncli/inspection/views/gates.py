"""Are the units integrators, or memoryless? How often each gate is shut or open (Karpathy, Johnson and Fei-Fei
2015)."""

import numpy as np

from rnncli.engine.arrays import Array
from rnncli.errors import InputError
from rnncli.inspection.activations import activation_windows, gate_names, require_recurrent_model
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.results import Block, Scatter, Table, ViewResult

CHARACTERS = 50_000
SHUT, OPEN = 0.1, 0.9


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
    """Shares of time per unit as a scatter, and per layer as a table."""
    probe = request.probe.first(CHARACTERS)
    model = require_recurrent_model(probe, "gates")
    if not gate_names(model):
        raise InputError(f"{probe.path} is a plain RNN, which has no gates; LSTM and GRU have them")
    names = [f"{cell}.{gate}" for cell in model.network.names for gate in gate_names(model)]
    shares = saturation(probe, names)
    rows = [
        (name, float(shut.mean()), float(opened.mean()), int((opened > OPEN).sum()), int((shut > OPEN).sum()))
        for name, (shut, opened) in shares.items()
    ]
    columns = ("gate", "shut", "open", "units mostly open", "units mostly shut")
    note = f"shut: below {SHUT}, open: above {OPEN}, as shares of time; mostly: more than {OPEN:.0%} of the time"
    scatters = [
        Scatter(
            name,
            "share of time open",
            "share of time shut",
            list(zip(o.tolist(), s.tolist(), strict=True)),
            [f"{name.partition('.')[0].removeprefix('l')}:{u}" for u in range(len(o))],
        )
        for name, (s, o) in shares.items()
    ]
    blocks: list[Block] = [Table("Gates by layer", columns, rows, note), *scatters]
    return ViewResult(probe.source, {}, blocks, [request.command("memory")])
