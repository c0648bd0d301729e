// A text as the network reads it: the state after every character, so that one can look at any of them, and typing one
// more costs one step.

class Reader {
  constructor(model) {
    this.model = model;
    [this.entries, this.label, this.held] = [[], -1, undefined];
  }

  /** Read a text with a label, and perhaps a held unit; what it begins with like the last one is not read again. */
  read(text, label, held) {
    const symbols = this.model.vocabulary.encode(text);
    let same = 0;
    if (label === this.label && held === this.held) {
      while (same < Math.min(symbols.length, this.entries.length) && symbols[same].text === this.entries[same].text) same++;
    } else {
      [this.label, this.held] = [label, held];
      this.first = this.enter({ state: this.model.start(label) }, { text: "", ids: this.model.opening });
    }
    this.entries.length = same;
    for (const symbol of symbols.slice(same)) {
      this.entries.push(this.enter(this.before(this.entries.length), symbol, this.logitsAfter(this.entries.length - 1)));
    }
    this.next = null;
  }

  /** The entry before number n. */
  before(n) {
    return n ? this.entries[n - 1] : this.first;
  }

  /** Step through the ids of a symbol: the state and the hidden units after it, and its surprise in bits, null where
   * nothing was expected. */
  enter(before, symbol, logits = null) {
    const state = before.state.slice(), { network } = this.model;
    let bits = logits && symbol.ids.length ? 0 : null;
    for (const id of symbol.ids) {
      if (bits !== null) bits -= Math.log2(softmax(logits)[id]);
      logits = this.model.step(id, state, this.held);
    }
    if (symbol.ids.length) this.next = logits;
    const hidden = symbol.ids.length || !before.hidden ? network.cells.map((cell, k) => Float32Array.from(network.stateOf(state, k).subarray(0, cell.size))) : before.hidden;
    return { ...symbol, state, bits, hidden };
  }

  /** The logits after entry n; they are kept while one reads on. */
  logitsAfter(n) {
    return this.next ?? this.look(n).logits;
  }

  /** The network just after entry n, −1 being before the first: its logits, null where it has read nothing, and for
   * every cell the gates, the states, and the hidden state before. */
  look(n) {
    const { model } = this, { network } = model;
    while (n >= 0 && !this.entries[n].ids.length) n--;
    const ids = n < 0 ? model.opening : this.entries[n].ids;
    const state = n < 0 ? model.start(this.label) : this.before(n).state.slice();
    let logits = null;
    for (const id of ids) logits = model.step(id, state, this.held);
    const cells = network.cells.map((cell, k) => ({ gates: cell.gates.slice(), state: Float64Array.from(network.stateOf(state, k)) }));
    if (!logits) cells.forEach(cell => [cell.gates, cell.state].forEach(values => values.fill(0)));
    return { id: ids[ids.length - 1], logits, cells };
  }
}
