"""Holding a unit while the network reads: what ablation and clamping do.

After every step the unit is set to a value, before the next step or the layer above sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rnncli.engine.arrays import Array


@dataclass(frozen=True)
class Clamp:
    """Hold ``unit`` of a ``state`` (hidden, or an LSTM's cell) of a ``cell`` (l1, l2, …) at ``value``: one number, or
    one for each step and stream, (T, B)."""

    cell: str
    state: str
    unit: int
    value: float | Array


Hold = tuple[int, int, float | Array]
"""An edit inside a cell: the number of the state, the unit, the value."""


def clamps_of(clamps: Sequence[Clamp], cell: str, states: Sequence[str]) -> list[Hold]:
    """What the ``clamps`` hold in the ``cell`` with these states."""
    return [(states.index(edit.state), edit.unit, edit.value) for edit in clamps if edit.cell == cell]


def hold(state: Array, holds: Sequence[Hold], step: int = 0) -> None:
    """Set the units of a ``state`` (S, B, H) to their values at this step."""
    for number, unit, value in holds:
        state[number, :, unit] = value if isinstance(value, float | int) else value[step]
