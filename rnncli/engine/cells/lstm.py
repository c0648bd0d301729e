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

from rnncli.engine.activations import sigmoid_derivative, sigmoid_of_double, tanh_derivative
from rnncli.engine.arrays import Array, Shapes, Workspace
from rnncli.engine.cells.base import Cache, Step, backward_products, recurrent_gradient


class LSTM:
    """Gates i, f, o, g: the three sigmoids lie together."""

    name = "lstm"
    gates: tuple[str, ...] = ("input", "forget", "output", "candidate")
    sigmoids = 3
    states: tuple[str, ...] = ("hidden", "cell")
    saved: tuple[str, ...] = ("tanh_cell",)

    def shapes(self, hidden_size: int) -> Shapes:
        return {"W_h": (4, hidden_size, hidden_size)}

    def step(
        self,
        a: Array,
        state: Array,
        new_state: Array,
        saved: Array,
        parameters: Mapping[str, Array],
        product: Array,
        multiply: Step,
    ) -> Step:
        (_, c), (h_next, c_next), (tanh_c,) = state, new_state, saved
        (i, f, o, g), ifo = a, a[:3]
        sigmoids, tanh_argument, written = product[:3], product[3], product[0]

        def step() -> None:
            multiply()  # product = h W_h
            np.add(a, product, out=product)
            sigmoid_of_double(sigmoids, out=sigmoids)  # in product, which is contiguous
            np.copyto(ifo, sigmoids)
            np.tanh(tanh_argument, out=g)
            np.multiply(f, c, out=c_next)
            np.multiply(i, g, out=written)
            np.add(c_next, written, out=c_next)
            np.tanh(c_next, out=tanh_c)
            np.multiply(o, tanh_c, out=h_next)

        return step

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
        hidden, cell = cache.states
        (i, f, o, g), (tanh_cell,) = cache.gates, cache.saved
        d_a = workspace.array("d_projection", (4, T, B, H), d_hidden.dtype)
        h_to_c = workspace.array("h_to_c", (T, B, H), d_hidden.dtype)  # dc' per dh'
        product = workspace.array("product", (4, B, H), d_hidden.dtype)
        multiply = backward_products(d_a, parameters["W_h"], product, workspace)
        d_a_i, d_a_f, d_a_o, d_a_g = d_a

        # All factors that do not depend on dh' and dc', for the whole window at once.
        sigmoid_derivative(cache.gates[:3], out=d_a[:3])
        d_a_i *= g
        d_a_f *= cell[:-1]
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
            multiply[t]()  # product = da W_hᵀ
            np.add.reduce(product, axis=0, out=d_h)

        recurrent_gradient(hidden[:-1], d_a, gradients["W_h"])
        return d_a, np.stack((d_h, d_c))
