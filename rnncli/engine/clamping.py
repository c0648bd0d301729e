"""Clamping units while the network reads, as ablation does: after every step a unit is set to a value, before the next
step or the layer above sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncli.engine.arrays import Array


@dataclass(frozen=True)
class Clamp:
    """Set ``unit`` of a ``state`` (hidden, or an LSTM's cell) of a ``cell`` (l1, l2, …) to ``value``: one number, or
    one for each step and stream, (T, B). In place of the number of a unit there may be a direction, a unit vector
    v (H,): the projection h · v is set, and what is orthogonal to v stays."""

    cell: str
    state: str
    unit: int | Array
    value: float | Array


class CellClamp(NamedTuple):
    """A clamp as its cell sees it: ``state`` is the number of the state."""

    state: int
    unit: int | Array
    value: float | Array


def clamps_of(cell: str, states: Sequence[str], clamps: Sequence[Clamp]) -> list[CellClamp]:
    """Those of the ``clamps`` that are for ``cell``, which has these states."""
    return [CellClamp(states.index(clamp.state), clamp.unit, clamp.value) for clamp in clamps if clamp.cell == cell]


def apply_clamps(state: Array, clamps: Sequence[CellClamp], step: int = 0) -> None:
    """Set what is clamped of ``state`` (S, B, H) to their values at this step."""
    for number, unit, value in clamps:
        hold(state[number], unit, value if isinstance(value, float | int) else value[step])


def hold(rows: Array, unit: int | Array, value: float | Array) -> None:
    """Set a unit of ``rows`` (…, H), or their projection on a unit vector (H,), to one number or to one for each row,
    (…). The unit vector of a unit does the same as its number, to the last bit."""
    if isinstance(unit, np.ndarray):
        rows -= np.multiply.outer(rows @ unit, unit)
        rows += np.multiply.outer(value, unit)
    else:
        rows[..., unit] = value
