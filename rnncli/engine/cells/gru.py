"""The gated recurrent unit (Cho et al. 2014, "Learning phrase representations using RNN encoder–decoder").

Notation: x input, h hidden state before and h' after the step, · the element-wise product, σ the sigmoid.
The reset gate r decides how much of the past a new candidate n sees, the update gate z how much of the old state stays:

    r  = σ(x W_xr + b_r + h W_hr)
    z  = σ(x W_xz + b_z + h W_hz)
    q  = h W_hn + b_hn
    n  = tanh(x W_xn + b_n + r · q)
    h' = (1 - z) · n + z · h

This is the variant with the reset gate *after* the recurrent product, as in cuDNN and PyTorch; the first version of
the paper resets h before it. Publications also swap z and 1 - z; here an update gate of 1 keeps the old
state, as in PyTorch. Backwards, with a_r, a_z, a_n the arguments of σ and tanh:

    da_n = dh' · (1 - z) · (1 - n²)        da_z = dh' · (h - n) · z (1 - z)
    da_r = da_n · q · r (1 - r)            dq   = da_n · r
    dh   = dh' · z + da_r W_hrᵀ + da_z W_hzᵀ + dq W_hnᵀ
    dW_h = Σ hᵀ (da_r, da_z, dq)           db_hn = Σ dq
"""

from collections.abc import Mapping

import numpy as np

from rnncli.engine.activations import sigmoid_derivative, sigmoid_of_double, tanh_derivative
from rnncli.engine.arrays import Array, Shapes, Workspace
from rnncli.engine.cells.base import Cache, Step, backward_products, recurrent_gradient


class GRU:
    """Gates r, z, n."""

    name = "gru"
    gates: tuple[str, ...] = ("reset", "update", "candidate")
    sigmoids = 2
    states: tuple[str, ...] = ("hidden",)
    saved: tuple[str, ...] = ("recurrent_candidate",)

    def shapes(self, hidden_size: int) -> Shapes:
        return {"W_h": (3, hidden_size, hidden_size), "b_hn": (hidden_size,)}

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
        b_hn = parameters["b_hn"]
        (h,), (h_next,), (q,) = state, new_state, saved
        (r, z, n), rz = a, a[:2]
        product_rz, product_n = product[:2], product[2]

        def step() -> None:
            multiply()  # product = h W_h
            np.add(rz, product_rz, out=product_rz)
            sigmoid_of_double(product_rz, out=product_rz)  # in product, which is contiguous
            np.copyto(rz, product_rz)
            np.add(product_n, b_hn, out=q)
            np.multiply(r, q, out=product_n)
            np.add(n, product_n, out=n)
            np.tanh(n, out=n)
            np.subtract(h, n, out=h_next)  # h' = n + z · (h - n)
            np.multiply(h_next, z, out=h_next)
            np.add(h_next, n, out=h_next)

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
        previous, (r, z, n), (q,) = cache.states[0, :-1], cache.gates, cache.saved
        d_projection = workspace.array("d_projection", (3, T, B, H), d_hidden.dtype)  # da_r, da_z, da_n
        d_recurrent = workspace.array("d_recurrent", (3, T, B, H), d_hidden.dtype)  # da_r, da_z, dq
        product = workspace.array("product", (4, B, H), d_hidden.dtype)  # the four terms of dh
        multiply = backward_products(d_recurrent, parameters["W_h"], product, workspace)
        d_a_n, (d_a_r, d_a_z, d_q) = d_projection[2], d_recurrent

        # All factors that do not depend on dh', for the whole window at once.
        sigmoid_derivative(cache.gates[:2], out=d_recurrent[:2])
        d_a_r *= q
        d_a_z *= np.subtract(previous, n, out=d_a_n)
        tanh_derivative(n, out=d_a_n)
        d_a_n *= np.subtract(1, z, out=d_q)

        (d_h,) = d_state.copy()
        for t in reversed(range(T)):
            d_h += d_hidden[t]
            d_a_n[t] *= d_h
            d_a_z[t] *= d_h
            d_a_r[t] *= d_a_n[t]
            np.multiply(d_a_n[t], r[t], out=d_q[t])
            np.multiply(d_h, z[t], out=product[3])
            multiply[t]()  # product[:3] = (da_r, da_z, dq) W_hᵀ
            np.add.reduce(product, axis=0, out=d_h)

        d_projection[:2] = d_recurrent[:2]
        recurrent_gradient(previous, d_recurrent, gradients["W_h"])
        np.sum(d_q, axis=(0, 1), out=gradients["b_hn"])
        return d_projection, d_h[None]
