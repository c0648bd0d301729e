"""The cells once more, as a textbook would work them by hand: one stream, one step, one unit, one sum at a time.

Slow and plain on purpose, and written from the equations without a look at the engine: derivatives are taken at the
*argument* of an activation, e^-a / (1 + e^-a)² for the sigmoid and 1 / cosh²(a) for tanh, and no term is shared.

Names: ``input_projection[g][t][k]`` is what comes from below into gate g of unit k at step t; ``W[g][j][k]`` the weight
from unit j one step before to gate g of unit k; ``up[t][k]`` the gradient from above; ``d_h``, ``d_c`` that from the
future. Each function returns the hidden states, the last state, and the gradients of the input projection, of the
first state and of the weights.
"""

from math import cosh, exp, tanh
from typing import NamedTuple

Vector = list[float]
Matrix = list[Vector]
Stack = list[Matrix]


class Result(NamedTuple):
    outputs: Matrix
    last: Matrix
    d_projection: Stack
    d_first: Matrix
    d_W: Stack
    d_b_hn: Vector


def sigmoid(a: float) -> float:
    return 1 / (1 + exp(-a))


def sigmoid_slope(a: float) -> float:
    return exp(-a) / (1 + exp(-a)) ** 2


def tanh_slope(a: float) -> float:
    return 1 / cosh(a) ** 2


PHI = {
    "tanh": (tanh, tanh_slope),
    "sigmoid": (sigmoid, sigmoid_slope),
    "relu": (lambda a: a if a > 0 else 0.0, lambda a: 1.0 if a > 0 else 0.0),
    "leaky-relu": (lambda a: a if a > 0 else 0.01 * a, lambda a: 1.0 if a > 0 else 0.01),
}


def zeros(*shape: int) -> list:  # type: ignore[type-arg]
    """Nested lists of 0.0."""
    return [zeros(*shape[1:]) if shape[1:] else 0.0 for _ in range(shape[0])]


def sum_in(h: Vector, W: Matrix, k: int) -> float:
    """The recurrent input of unit k: the sum over all units j one step before."""
    return sum(h[j] * W[j][k] for j in range(len(h)))


def rnn(input_projection: Stack, first: Matrix, W: Stack, up: Matrix, d_last: Matrix, activation: str) -> Result:
    """h' = φ(x W_x + b + h W)."""
    phi, phi_slope = PHI[activation]
    T, H = len(up), len(up[0])
    h, a = [first[0]], zeros(T, H)
    for t in range(T):
        a[t] = [input_projection[0][t][k] + sum_in(h[t], W[0], k) for k in range(H)]
        h.append([phi(a[t][k]) for k in range(H)])

    d_a, d_W, d_h = zeros(1, T, H), zeros(1, H, H), d_last[0]
    for t in reversed(range(T)):
        d_before = zeros(H)
        for k in range(H):
            d_a[0][t][k] = (d_h[k] + up[t][k]) * phi_slope(a[t][k])
            for j in range(H):
                d_before[j] += d_a[0][t][k] * W[0][j][k]
                d_W[0][j][k] += d_a[0][t][k] * h[t][j]
        d_h = d_before
    return Result(h[1:], [h[T]], d_a, [d_h], d_W, [])


def gru(input_projection: Stack, first: Matrix, W: Stack, up: Matrix, d_last: Matrix, b_hn: Vector) -> Result:
    """r, z = sigmoid(x W_x + b + h W); n = tanh(x W_x + b + r (h W + b_hn)); h' = (1 - z) n + z h."""
    T, H = len(up), len(up[0])
    h = [first[0]]
    a_r, a_z, a_n, q = (zeros(T, H) for _ in range(4))
    for t in range(T):
        after = zeros(H)
        for k in range(H):
            a_r[t][k] = input_projection[0][t][k] + sum_in(h[t], W[0], k)
            a_z[t][k] = input_projection[1][t][k] + sum_in(h[t], W[1], k)
            q[t][k] = sum_in(h[t], W[2], k) + b_hn[k]
            a_n[t][k] = input_projection[2][t][k] + sigmoid(a_r[t][k]) * q[t][k]
            z = sigmoid(a_z[t][k])
            after[k] = (1 - z) * tanh(a_n[t][k]) + z * h[t][k]
        h.append(after)

    d_projection, d_W, d_b_hn, d_h = zeros(3, T, H), zeros(3, H, H), zeros(H), d_last[0]
    for t in reversed(range(T)):
        d_before = zeros(H)
        for k in range(H):
            d = d_h[k] + up[t][k]
            z = sigmoid(a_z[t][k])
            d_a_z = d * h[t][k] * sigmoid_slope(a_z[t][k]) - d * tanh(a_n[t][k]) * sigmoid_slope(a_z[t][k])
            d_a_n = d * (1 - z) * tanh_slope(a_n[t][k])
            d_q = d_a_n * sigmoid(a_r[t][k])
            d_a_r = d_a_n * q[t][k] * sigmoid_slope(a_r[t][k])
            d_projection[0][t][k], d_projection[1][t][k], d_projection[2][t][k] = d_a_r, d_a_z, d_a_n
            d_b_hn[k] += d_q
            d_before[k] += d * z
            for j in range(H):
                d_before[j] += d_a_r * W[0][j][k] + d_a_z * W[1][j][k] + d_q * W[2][j][k]
                d_W[0][j][k] += d_a_r * h[t][j]
                d_W[1][j][k] += d_a_z * h[t][j]
                d_W[2][j][k] += d_q * h[t][j]
        d_h = d_before
    return Result(h[1:], [h[T]], d_projection, [d_h], d_W, d_b_hn)


def lstm(input_projection: Stack, first: Matrix, W: Stack, up: Matrix, d_last: Matrix) -> Result:
    """i, f, o = sigmoid(x W_x + b + h W); g = tanh(x W_x + b + h W); c' = f c + i g; h' = o tanh(c')."""
    T, H = len(up), len(up[0])
    h, c, a = [first[0]], [first[1]], zeros(4, T, H)
    for t in range(T):
        h_after, c_after = zeros(H), zeros(H)
        for k in range(H):
            for gate in range(4):
                a[gate][t][k] = input_projection[gate][t][k] + sum_in(h[t], W[gate], k)
            i, f, o, g = a[0][t][k], a[1][t][k], a[2][t][k], a[3][t][k]
            c_after[k] = sigmoid(f) * c[t][k] + sigmoid(i) * tanh(g)
            h_after[k] = sigmoid(o) * tanh(c_after[k])
        h.append(h_after)
        c.append(c_after)

    d_a, d_W, d_h, d_c = zeros(4, T, H), zeros(4, H, H), d_last[0], d_last[1]
    for t in reversed(range(T)):
        d_h_before, d_c_before = zeros(H), zeros(H)
        for k in range(H):
            i, f, o, g = a[0][t][k], a[1][t][k], a[2][t][k], a[3][t][k]
            d_shown = d_h[k] + up[t][k]
            d_kept = d_c[k] + d_shown * sigmoid(o) * tanh_slope(c[t + 1][k])
            slopes = [
                d_kept * tanh(g) * sigmoid_slope(i),
                d_kept * c[t][k] * sigmoid_slope(f),
                d_shown * tanh(c[t + 1][k]) * sigmoid_slope(o),
                d_kept * sigmoid(i) * tanh_slope(g),
            ]
            d_c_before[k] = d_kept * sigmoid(f)
            for gate, slope in enumerate(slopes):
                d_a[gate][t][k] = slope
                for j in range(H):
                    d_h_before[j] += slope * W[gate][j][k]
                    d_W[gate][j][k] += slope * h[t][j]
        d_h, d_c = d_h_before, d_c_before
    return Result(h[1:], [h[T], c[T]], d_a, [d_h, d_c], d_W, [])
