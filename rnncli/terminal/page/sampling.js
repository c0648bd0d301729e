// Drawing characters. The same seed gives the same text on this page; rnncli sample has another generator.

/** Uniform numbers in (0, 1), 32 bits each: the mulberry32 of Tommy Ettinger. */
function uniformGenerator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/** Logits divided by the temperature, −∞ for what top-p drops (nucleus sampling, Holtzman et al. 2020). */
function filterLogits(logits, temperature, topP) {
  if (temperature === 0) {
    const [best] = largest(logits, 1);
    return logits.map((_, id) => (id === best ? 0 : -Infinity));
  }
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const scaled = logits.map(logit => (logit - top) / temperature);
  if (topP >= 1) return scaled;
  const probabilities = softmax(scaled);
  let before = 0;
  for (const id of largest(probabilities)) {
    if (before >= topP) scaled[id] = -Infinity;
    before += probabilities[id];
  }
  return scaled;
}

/** The argmax of logits and Gumbel noise is distributed as their softmax. Noise belongs to a character, so that two texts
 * of one seed differ only where their networks do. */
function draw(logits, uniform) {
  let best = -1, highest = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const score = logits[id] - Math.log(-Math.log(uniform()));
    if (score > highest) [best, highest] = [id, score];
  }
  return best;
}

/** What is read before the first character is drawn: the prime, after a line end if the model has learnt to read one, or
 * else the first character there is. */
function fullPrime(model, prime) {
  if (model.lineEnd >= 0 && prime[0] !== model.lineEnd) return [model.lineEnd, ...prime];
  return prime.length ? prime : [0];
}

/** The ids that a language model writes after a prime, one by one; it ends where the text does. */
function* writeText(model, { prime, label = 0, temperature = 1, topP = 1, seed = 0, held = null }) {
  const state = model.start(label), uniform = uniformGenerator(seed);
  let logits = null;
  for (const id of fullPrime(model, prime)) logits = model.step(id, state, held);
  for (;;) {
    if (model.vocabulary.unknown >= 0) logits[model.vocabulary.unknown] = -Infinity;
    const id = draw(filterLogits(logits, temperature, topP), uniform);
    if (id === model.eos) return;
    yield id;
    logits = model.step(id, state, held);
  }
}
