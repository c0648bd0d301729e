"""The same texts side by side in many copies, in each of which other units are held."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from rnncli.engine import cells
from rnncli.engine.arrays import Array, Ids, may_overflow
from rnncli.engine.clamping import Clamp, clamps_of
from rnncli.engine.layers import embed
from rnncli.engine.network import Forward, RecurrentNetwork
from rnncli.engine.recurrent import Input, project
from rnncli.models.language_model import LanguageModel


class Copies(LanguageModel):
    """A language model that reads P texts in C ``copies``, copy c of text p in stream c · P + p.

    Up to the lowest layer in which a unit is held all copies are alike, and that layer's input is still the same: this
    is computed once, which for the units of the upper of two layers saves two thirds of the products.
    """

    copies: int = 1

    @classmethod
    def of(cls, model: LanguageModel, copies: int) -> Self:
        """``model`` with the same parameters, not a copy of them."""
        own = cls(model.config, model.vocabulary, flat=model.parameters.flat)
        own.copies = copies
        return own

    @may_overflow
    def forward(self, inputs: Ids, state: Array, clamps: Sequence[Clamp] = ()) -> Any:
        """The network's pass over ``inputs`` (T, C · P) from ``state`` (L, S, C · P, H), of which only the outputs and
        the last state are kept: below the first clamp that of the first P streams."""
        network, parameters, streams = self.network, self.parameters, inputs.shape[1]
        if not isinstance(network, RecurrentNetwork):
            return super().forward(inputs, state, clamps)
        number = streams // self.copies
        x: Input = np.ascontiguousarray(inputs[:, :number])
        if network.embedding_size:
            x = embed(x.ravel(), parameters["embedding.W"]).reshape(*x.shape, -1)
        last_state = np.zeros_like(state)
        for name, before, after in zip(network.names, state, last_state, strict=True):
            weights, workspace = parameters.scope(name), self._workspace.scope(name)
            projection = project(network.cell, x, weights, workspace)
            held = clamps_of(name, network.cell.states, clamps)
            if number < streams and (held or name == network.names[-1]):
                shape = (*projection.shape[:2], self.copies, number, projection.shape[3])
                copied = workspace.array("copied projection", shape, projection.dtype)
                copied[...] = projection[:, :, None]
                number, projection = streams, copied.reshape(*shape[:2], streams, shape[4])
            x, after[:, :number], _ = cells.forward(
                network.cell, projection, before[:, :number], weights, workspace, held
            )
        return Forward(x, last_state, inputs, {}, [])
