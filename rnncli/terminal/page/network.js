// Networks that read ids one at a time. A state is one Float64Array; step() changes it in place and returns the outputs
// of the top layer, good until the next step. After a step, the gates of every cell are in cells[k].gates.

/** One cell over inputs of `inputSize`; `name` is l1, l2, … or l1r for one that reads from the end. */
class RecurrentCell {
  constructor(weights, name, config, inputSize) {
    this.name = name;
    this.kind = CELLS[config.cell];
    this.weights = scope(weights, name);
    this.activation = ACTIVATIONS[config.activation];
    [this.inputSize, this.size] = [inputSize, config.hidden_size];
    this.stateSize = this.kind.states.length * this.size;
    this.gates = new Float64Array(this.kind.gates.length * this.size);
    this.product = new Float64Array(this.gates.length);
  }

  /** Read `x`: an id, which stands for a one-hot vector, or a vector. */
  step(x, state) {
    const { gates, product, size, inputSize, weights } = this;
    const { W_x, W_h, b } = weights;
    gates.set(b);
    product.fill(0);
    for (let g = 0; g < this.kind.gates.length; g++) {
      const first = g * size;
      if (typeof x === "number") {
        const row = (g * inputSize + x) * size;
        for (let j = 0; j < size; j++) gates[first + j] += W_x[row + j];
      } else {
        addProduct(gates, first, x, 0, inputSize, W_x, g * inputSize * size, size);
      }
      addProduct(product, first, state, 0, size, W_h, g * size * size, size);
    }
    this.kind.step(gates, product, state, size, weights, this.activation);
  }
}

/** Stacked cells. Of a bidirectional network, two of them form a layer, and it reads whole texts only. */
class RecurrentNetwork {
  constructor(weights, config, symbols) {
    this.directions = config.bidirectional ? 2 : 1;
    this.embedding = weights["embedding.W"];
    this.embeddingSize = config.embedding_size;
    this.outputSize = this.directions * config.hidden_size;
    this.layers = [];
    let below = config.embedding_size || symbols;
    for (let k = 1; k <= config.layers; k++) {
      const names = this.directions === 2 ? [`l${k}`, `l${k}r`] : [`l${k}`];
      this.layers.push(names.map(name => new RecurrentCell(weights, name, config, below)));
      below = this.outputSize;
    }
    this.cells = this.layers.flat();
    this.stateSize = this.cells.reduce((sum, cell) => sum + cell.stateSize, 0);
  }

  zeroState() {
    return new Float64Array(this.stateSize);
  }

  /** What the lowest layer sees of a character: the id itself, or its embedding. */
  input(id) {
    return this.embeddingSize ? this.embedding.subarray(id * this.embeddingSize, (id + 1) * this.embeddingSize) : id;
  }

  /** The part of a state that belongs to cell number k. */
  stateOf(state, k) {
    return state.subarray(k * this.cells[k].stateSize, (k + 1) * this.cells[k].stateSize);
  }

  /** Read one character in one direction. `held` is null or {cell, unit, value}: that unit is set after its step. */
  step(id, state, held = null) {
    let x = this.input(id);
    this.cells.forEach((cell, k) => {
      const own = this.stateOf(state, k);
      cell.step(x, own);
      if (held && held.cell === k) {
        for (let s = 0; s < cell.kind.states.length; s++) own[s * cell.size + held.unit] = held.value;
      }
      x = own.subarray(0, cell.size);
    });
    return x;
  }

  /** The outputs of the top layer at every character of a text, each a Float64Array (directions · H). */
  read(ids) {
    let inputs = ids.map(id => this.input(id));
    for (const layer of this.layers) {
      const outputs = inputs.map(() => new Float64Array(this.outputSize));
      layer.forEach((cell, direction) => {
        const state = new Float64Array(cell.stateSize);
        for (let n = 0; n < inputs.length; n++) {
          const t = direction ? inputs.length - 1 - n : n;
          cell.step(inputs[t], state);
          outputs[t].set(state.subarray(0, cell.size), direction * cell.size);
        }
      });
      inputs = outputs;
    }
    return inputs;
  }

  /** The hidden states after a whole text: of a cell that reads from the end, that at the first character. */
  final(ids) {
    const outputs = this.read(ids), half = this.outputSize / this.directions;
    const last = outputs[outputs.length - 1].slice();
    if (this.directions === 2) last.set(outputs[0].subarray(half), half);
    return last;
  }
}

/** A perceptron over the last N characters; its state is the N − 1 before the next one, the newest last. */
class FeedForwardNetwork {
  constructor(weights, config, symbols) {
    [this.context, this.symbols, this.embeddingSize] = [config.context, symbols + 1, config.embedding_size];
    this.embedding = weights["embedding.W"];
    this.activation = ACTIVATIONS[config.activation];
    const width = this.embeddingSize || this.symbols;
    this.cells = Array.from({ length: config.layers }, (_, k) => ({
      name: `l${k + 1}`,
      kind: { gates: [], states: ["hidden"] },
      weights: scope(weights, `l${k + 1}`),
      size: config.hidden_size,
      gates: new Float64Array(0),
      hidden: new Float64Array(config.hidden_size),
    }));
    this.outputSize = config.layers ? config.hidden_size : this.context * width;
    this.width = width;
  }

  zeroState() {
    return new Float64Array(this.context - 1).fill(this.symbols - 1);
  }

  /** The activations of layer k, which are no part of the state. */
  stateOf(state, k) {
    return this.cells[k].hidden;
  }

  step(id, state, held = null) {
    const seen = [id, ...Array.from(state).reverse()]; // the newest first
    state.copyWithin(0, 1);
    if (state.length) state[state.length - 1] = id;
    let x = this.embeddingSize || !this.cells.length ? this.vectors(seen) : null;
    this.cells.forEach((cell, k) => {
      const { hidden: y, weights, size } = cell;
      y.set(weights.b);
      if (x) addProduct(y, 0, x, 0, x.length, weights.W_x, 0, size);
      else seen.forEach((character, n) => {
        const row = (n * this.symbols + character) * size;
        for (let j = 0; j < size; j++) y[j] += weights.W_x[row + j];
      });
      for (let j = 0; j < size; j++) y[j] = this.activation(y[j]);
      if (held && held.cell === k) y[held.unit] = held.value;
      x = y;
    });
    return x;
  }

  /** The characters as embeddings or one-hot vectors, side by side. */
  vectors(seen) {
    const x = new Float64Array(seen.length * this.width);
    seen.forEach((id, n) => {
      if (this.embeddingSize) x.set(this.embedding.subarray(id * this.width, (id + 1) * this.width), n * this.width);
      else x[n * this.width + id] = 1;
    });
    return x;
  }
}
