"""The three recurrent cells, written so that they can be laid side by side.

A cell is what happens between the hidden state of one time step and the next. What comes from below, the *drive*
x W_x + b of every gate, is one product over the whole window and is made by :mod:`rnncli.engine.network`; a cell
adds h W_h step by step. ``step`` and ``backward`` are pure functions of their arguments: nothing is remembered in the
cell.

To add a cell, write a file like its neighbours and name it in ``CELLS``.
"""

from collections.abc import Callable

from rnncli.engine.cells.base import Cache, Cell, forward
from rnncli.engine.cells.gru import GRU
from rnncli.engine.cells.lstm import LSTM
from rnncli.engine.cells.rnn import RNN

CELLS: dict[str, Callable[[str], Cell]] = {
    "rnn": RNN,
    "gru": lambda _activation: GRU(),
    "lstm": lambda _activation: LSTM(),
}
"""From the name of a cell to a function that makes it for an activation, which only the plain RNN has a choice of."""

__all__ = ["CELLS", "GRU", "LSTM", "RNN", "Cache", "Cell", "forward"]
