// What happens in one time step, for each cell. x is the input, h the hidden state before the step; σ is the sigmoid.
// The notation and the equations are those of the Python engine (rnncli/engine/cells), and so is the order of the gates.

const sigmoid = x => (1 + Math.tanh(x / 2)) / 2;

const ACTIVATIONS = {
  tanh: Math.tanh,
  sigmoid,
  relu: x => Math.max(x, 0),
  "leaky-relu": x => Math.max(x, 0.01 * x),
};

/** y[j] += Σᵢ x[i] W[i, j] for a matrix W (D, H) that begins at `start`; rows are taken four at a time, for speed. */
function addProduct(y, yStart, x, xStart, inputs, W, start, outputs) {
  let i = 0;
  for (; i + 4 <= inputs; i += 4) {
    const a = x[xStart + i], b = x[xStart + i + 1], c = x[xStart + i + 2], d = x[xStart + i + 3];
    const A = start + i * outputs, B = A + outputs, C = B + outputs, D = C + outputs;
    for (let j = 0; j < outputs; j++) y[yStart + j] += a * W[A + j] + b * W[B + j] + c * W[C + j] + d * W[D + j];
  }
  for (; i < inputs; i++) {
    const a = x[xStart + i], A = start + i * outputs;
    for (let j = 0; j < outputs; j++) y[yStart + j] += a * W[A + j];
  }
}

/** Each cell: the names of its gates and states, and its step. The step finds the input projection x W_x + b of all
 * gates in `gates` (G · H) and the products h W_h in `product` (G · H); it replaces `gates` by their values and `state`
 * (S · H) by the next one. */
const CELLS = {
  // h' = φ(x W_x + b + h W_h)
  rnn: {
    gates: ["hidden"],
    states: ["hidden"],
    step(gates, product, state, size, weights, activation) {
      for (let j = 0; j < size; j++) state[j] = gates[j] = activation(gates[j] + product[j]);
    },
  },
  // r = σ(…)   z = σ(…)   n = tanh(x W_xn + b_n + r · (h W_hn + b_hn))   h' = (1 − z) · n + z · h
  gru: {
    gates: ["reset", "update", "candidate"],
    states: ["hidden"],
    step(gates, product, state, size, weights) {
      for (let j = 0; j < size; j++) {
        const r = gates[j] = sigmoid(gates[j] + product[j]);
        const z = gates[size + j] = sigmoid(gates[size + j] + product[size + j]);
        const n = gates[2 * size + j] = Math.tanh(gates[2 * size + j] + r * (product[2 * size + j] + weights.b_hn[j]));
        state[j] = (1 - z) * n + z * state[j];
      }
    },
  },
  // i, f, o = σ(…)   g = tanh(…)   c' = f · c + i · g   h' = o · tanh(c')
  lstm: {
    gates: ["input", "forget", "output", "candidate"],
    states: ["hidden", "cell"],
    step(gates, product, state, size) {
      for (let j = 0; j < size; j++) {
        const i = gates[j] = sigmoid(gates[j] + product[j]);
        const f = gates[size + j] = sigmoid(gates[size + j] + product[size + j]);
        const o = gates[2 * size + j] = sigmoid(gates[2 * size + j] + product[2 * size + j]);
        const g = gates[3 * size + j] = Math.tanh(gates[3 * size + j] + product[3 * size + j]);
        const c = state[size + j] = f * state[size + j] + i * g;
        state[j] = o * Math.tanh(c);
      }
    },
  },
};
