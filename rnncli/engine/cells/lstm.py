"""Long short-term memory (Hochreiter and Schmidhuber 1997) with a forget gate (Gers, Schmidhuber and Cummins 2000).

Notation: x input, h hidden state and c cell before, h' and c' after the step, · the element-wise product, σ the
sigmoid. The input gate i decides what is written into the cell, the forget gate f what stays in it (1 keeps all,
0 forgets all), the output gate o what of it is shown, and g is the candidate that may be written:

    i  = σ(x W_xi + b_i + h W_hi)
    f  = σ(x W_xf + b_f + h W_hf)
    o  = σ(x W_xo + b_o + h W_ho)
    g  = tanh(x W_xg + b_g + h W_hg)
    c' = f · c + i · g
    h' = o · tanh(c')

and backwards, with a_i, a_f, a_o, a_g the arguments of σ and tanh:

    da_o = dh' · tanh(c') · o (1 - o)
    dc' += dh' · o · (1 - tanh²(c'))
    da_i = dc' · g · i (1 - i)        da_f = dc' · c · f (1 - f)        da_g = dc' · i · (1 - g²)
    dc   = dc' · f                    dh   = Σ da W_hᵀ                  dW_h = Σ hᵀ da
"""

from collections.abc import Mapping

import numpy as np

from rnncli.engine.activations import sigmoid, sigmoid_derivative, tanh_derivative
from rnncli.engine.cells.base import Cache, recurrent_gradient, transposed
from rnncli.engine.parameters import Shapes
from rnncli.engine.types import Array
from rnncli.engine.workspace import Workspace


class LSTM:
    """Gates i, f, o, g: the three sigmoids lie together."""

    name = "lstm"
    gates: tuple[str, ...] = ("input", "forget", "output", "candidate")
    states: tuple[str, ...] = ("hidden", "cell")

    def shapes(self, hidden_size: int) -> Shapes:
        return {"W_h": (4, hidden_size, hidden_size)}

    def forward(
        self, drive: Array, state: Array, parameters: Mapping[str, Array], workspace: Workspace
    ) -> tuple[Array, Array, Cache]:
        _, T, B, H = drive.shape
        W_h = parameters["W_h"]
        hidden = workspace.array("hidden", (T + 1, B, H), drive.dtype)
        cell = workspace.array("cell", (T + 1, B, H), drive.dtype)
        tanh_cell = workspace.array("tanh_cell", (T, B, H), drive.dtype)
        product = workspace.array("product", (4, B, H), drive.dtype)

        hidden[0], cell[0] = state
        for t in range(T):
            c_next = cell[t + 1]
            a = drive[:, t]
            a += np.matmul(hidden[t], W_h, out=product)
            sigmoid(a[:3], out=a[:3])
            np.tanh(a[3], out=a[3])
            i, f, o, g = a
            np.multiply(f, cell[t], out=c_next)
            c_next += np.multiply(i, g, out=product[0])
            np.tanh(c_next, out=tanh_cell[t])
            np.multiply(o, tanh_cell[t], out=hidden[t + 1])

        cache = {"hidden": hidden, "gates": drive, "cell": cell, "tanh_cell": tanh_cell}
        return hidden[1:], np.stack((hidden[T], cell[T])), cache

    def backward(
        self,
        d_hidden: Array,
        d_state: Array,
        cache: Cache,
        parameters: Mapping[str, Array],
        gradients: Mapping[str, Array],
        workspace: Workspace,
    ) -> tuple[Array, Array]:
        T, B, H = d_hidden.shape
        W_h_T = transposed(parameters["W_h"], workspace)
        gates, tanh_cell = cache["gates"], cache["tanh_cell"]
        i, f, o, g = gates
        d_a = workspace.array("d_drive", (4, T, B, H), d_hidden.dtype)
        h_to_c = workspace.array("h_to_c", (T, B, H), d_hidden.dtype)  # dc' per dh'
        product = workspace.array("product", (4, B, H), d_hidden.dtype)
        d_a_i, d_a_f, d_a_o, d_a_g = d_a

        # All factors that do not depend on dh' and dc', for the whole window at once.
        sigmoid_derivative(gates[:3], out=d_a[:3])
        d_a_i *= g
        d_a_f *= cache["cell"][:-1]
        d_a_o *= tanh_cell
        tanh_derivative(g, out=d_a_g)
        d_a_g *= i
        tanh_derivative(tanh_cell, out=h_to_c)
        h_to_c *= o

        d_h, d_c = d_state.copy()
        for t in reversed(range(T)):
            d_h += d_hidden[t]
            d_a_o[t] *= d_h
            d_h *= h_to_c[t]
            d_c += d_h
            d_a[:2, t] *= d_c
            d_a_g[t] *= d_c
            d_c *= f[t]
            np.matmul(d_a[:, t], W_h_T, out=product)
            np.add.reduce(product, axis=0, out=d_h)

        recurrent_gradient(cache["hidden"][:-1], d_a, gradients["W_h"])
        return d_a, np.stack((d_h, d_c))
