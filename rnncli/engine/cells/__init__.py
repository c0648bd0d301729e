"""The recurrent cells, written so that they can be laid side by side.

A cell computes the state of one time step from that of the step before. The input projection x W_x + b of every gate
is one product over the whole window and belongs to :mod:`rnncli.engine.recurrent`; a cell adds h W_h step by step.
``step`` and ``backward`` are pure functions of their arguments: a cell has no state of its own.

To add a cell:

1. Write a file like its neighbours, a class with what :class:`~rnncli.engine.cells.base.Cell` asks for: the names of
   ``gates``, ``sigmoids``, ``states`` and ``saved``, the ``shapes`` of the recurrent parameters with ``W_h`` (G, H, H)
   among them, ``step`` and ``backward``. ``multiply`` and ``backward_products`` do the recurrent products,
   ``recurrent_gradient`` the gradient of ``W_h``. A gate called "forget" gets a bias of 1.
2. Import it below and add a line to ``CELLS``. Models, training, the model file and the inspections find it there.
3. Add its name to ``RECURRENT_CELLS`` in :mod:`rnncli.names`, where the command line finds it.
"""

from collections.abc import Callable

from rnncli.engine.cells.base import Cache, Cell, forward, halve_sigmoids
from rnncli.engine.cells.gru import GRU
from rnncli.engine.cells.lstm import LSTM
from rnncli.engine.cells.rnn import RNN

CELLS: dict[str, Callable[[str], Cell]] = {
    "rnn": RNN,
    "gru": lambda _activation: GRU(),
    "lstm": lambda _activation: LSTM(),
}
"""Constructors by name; each takes the name of an activation function, which only the plain RNN lets one choose."""

__all__ = ["CELLS", "GRU", "LSTM", "RNN", "Cache", "Cell", "forward", "halve_sigmoids"]
