// The five models: a network, an output layer, and what they read and answer.

/** x W + b for W (D, M). */
function dense(x, { W, b }) {
  const y = Float64Array.from(b);
  addProduct(y, 0, x, 0, x.length, W, 0, y.length);
  return y;
}

/** Probabilities of logits, of which some may be −∞. */
function softmax(logits) {
  let largest = -Infinity, sum = 0;
  for (const logit of logits) largest = Math.max(largest, logit);
  const shares = Float64Array.from(logits, logit => Math.exp(logit - largest));
  for (const share of shares) sum += share;
  return shares.map(share => share / sum);
}

/** The indices of the largest values, the largest first; of equal ones the first. */
function largest(values, count = values.length) {
  return Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b).slice(0, count);
}

/** Characters, or bytes, to ids and back. A text is a list of symbols: what was typed, and the ids it became. */
class Vocabulary {
  constructor({ characters, encoding, unknown, normalize }) {
    this.symbols = unknown ? [...characters, "\ufffd"] : characters;
    this.ids = new Map(characters.map((character, id) => [character, id]));
    this.unknown = unknown ? this.symbols.length - 1 : -1;
    this.isBytes = encoding === "bytes";
    this.form = normalize === "none" ? null : normalize.toUpperCase();
  }

  get size() {
    return this.symbols.length;
  }

  normalise(text) {
    return this.form ? text.normalize(this.form) : text;
  }

  /** [{text, ids}] for each character; it has no ids where the model has never seen it. */
  encode(text) {
    return Array.from(text, character => {
      const symbols = this.isBytes ? Array.from(new TextEncoder().encode(character), byte => String.fromCharCode(byte)) : [character];
      const ids = symbols.map(symbol => this.ids.get(symbol) ?? this.unknown);
      return { text: character, ids: ids.includes(-1) ? [] : ids };
    });
  }

  idsOf(text) {
    return this.encode(text).flatMap(symbol => symbol.ids);
  }

  /** A function that turns ids into text as they come; bytes wait until a character is whole. */
  decoder() {
    if (!this.isBytes) return id => this.symbols[id];
    const decoder = new TextDecoder();
    return id => decoder.decode(Uint8Array.of(this.symbols[id].charCodeAt(0)), { stream: true });
  }
}

const BOUNDARY = "\n"; // before and behind a text of a labelled model or a translation

/** Writes text: reads an id, returns the logits of the next. */
class LanguageModel {
  constructor(model, weights) {
    this.vocabulary = new Vocabulary(model.vocabulary);
    const Network = model.network.cell === "mlp" ? FeedForwardNetwork : RecurrentNetwork;
    this.network = new Network(weights, model.network, this.vocabulary.size);
    this.output = scope(weights, "output");
    this.labels = model.target || [];
    this.firstStates = weights["label.W"];
    this.eos = this.labels.length ? this.vocabulary.ids.get(BOUNDARY) : -1;
    this.lineEnd = model.beginsLines ? this.vocabulary.ids.get(BOUNDARY) : -1;
  }

  /** The state before a text of this label. */
  start(label = 0) {
    if (!this.labels.length) return this.network.zeroState();
    const size = this.network.stateSize;
    return Float64Array.from(this.firstStates.subarray(label * size, (label + 1) * size));
  }

  /** The ids that every text begins with. */
  get opening() {
    return this.labels.length ? [this.eos] : [];
  }

  step(id, state, held = null) {
    return dense(this.network.step(id, state, held), this.output);
  }
}

class Classifier {
  constructor(model, weights) {
    this.vocabulary = new Vocabulary(model.vocabulary);
    this.network = new RecurrentNetwork(weights, model.network, this.vocabulary.size);
    this.output = scope(weights, "output");
    this.labels = model.target;
  }

  /** Logits of the labels; two of them have one logit, whose sigmoid is the probability of the second. */
  logits(ids) {
    const logits = dense(this.network.final(ids), this.output);
    return this.labels.length === 2 ? Float64Array.of(0, logits[0]) : logits;
  }
}

class Tagger extends Classifier {
  constructor(model, weights) {
    super(model, weights);
    this.labels = new Vocabulary(model.target).symbols;
  }

  /** Logits of the tags, for each character. */
  logits(ids) {
    return this.network.read(ids).map(hidden => dense(hidden, this.output));
  }
}

class Translator {
  constructor(model, weights) {
    this.vocabulary = new Vocabulary(model.vocabulary);
    this.target = new Vocabulary(model.target);
    this.encoder = this.network = new RecurrentNetwork(scope(weights, "encoder"), model.network, this.vocabulary.size);
    this.decoder = new RecurrentNetwork(scope(weights, "decoder"), { ...model.network, bidirectional: false }, this.target.size);
    [this.bridge, this.output] = [scope(weights, "bridge"), scope(weights, "output")];
    this.eos = this.target.ids.get(BOUNDARY);
  }

  /** The state of the decoder after the encoder has read a text. */
  start(ids) {
    return dense(this.encoder.final(ids), this.bridge);
  }

  step(id, state) {
    return dense(this.decoder.step(id, state), this.output);
  }

  /** The most probable character at each step, with its probability: [{id, probability}]. */
  translate(ids) {
    const state = this.start(ids), found = [];
    for (let last = this.eos; found.length < 2 * ids.length + 50;) {
      const logits = this.step(last, state);
      if (this.target.unknown >= 0) logits[this.target.unknown] = -Infinity;
      const probabilities = softmax(logits);
      [last] = largest(probabilities, 1);
      if (last === this.eos) break;
      found.push({ id: last, probability: probabilities[last] });
    }
    return found;
  }
}

const MODELS = { generate: LanguageModel, "generate-labelled": LanguageModel, classify: Classifier, tag: Tagger, translate: Translator };
