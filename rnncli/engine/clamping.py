"""Clamping units while the network reads, as ablation does: after every step a unit is set to a value, before the next
step or the layer above sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rnncli.engine.arrays import Array


@dataclass(frozen=True)
class Clamp:
    """Set ``unit`` of a ``state`` (hidden, or an LSTM's cell) of a ``cell`` (l1, l2, …) to ``value``: one number, or
    one for each step and stream, (T, B)."""

    cell: str
    state: str
    unit: int
    value: float | Array


class CellClamp(NamedTuple):
    """A clamp as its cell sees it: ``state`` is the number of the state."""

    state: int
    unit: int
    value: float | Array


def clamps_of(cell: str, states: Sequence[str], clamps: Sequence[Clamp]) -> list[CellClamp]:
    """Those of the ``clamps`` that are for ``cell``, which has these states."""
    return [CellClamp(states.index(clamp.state), clamp.unit, clamp.value) for clamp in clamps if clamp.cell == cell]


def apply_clamps(state: Array, clamps: Sequence[CellClamp], step: int = 0) -> None:
    """Set the clamped units of ``state`` (S, B, H) to their values at this step."""
    for number, unit, value in clamps:
        state[number, :, unit] = value if isinstance(value, float | int) else value[step]
