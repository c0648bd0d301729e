// Classifiers, taggers and translators: the answer while one types.

const LONGEST = 400; // characters of the input line

const TAG_COLOURS = ["128 136 144", "224 122 0", "47 111 228", "46 158 91", "177 70 194", "27 154 170", "214 69 80", "154 140 0"];

/** What to show for the ids of a text, by the kind of the model. */
const ANSWERS = {
  classify(ids) {
    const probabilities = softmax(page.model.logits(ids)), { labels } = page.model;
    $("answer").className = "bars";
    drawBars($("answer"), largest(probabilities, 12).map((label, n) => ({ name: printable(labels[label]), share: probabilities[label], text: percent(probabilities[label]), isMarked: !n })));
    return `${printable(labels[largest(probabilities, 1)[0]])}, one of ${labels.length} labels`;
  },
  tag(ids, symbols) {
    const rows = page.model.logits(ids).map(softmax), { labels } = page.model;
    let at = 0;
    $("answer").className = "tagged";
    $("answer").replaceChildren(...symbols.map(({ text, ids: own }) => {
      const shares = own.length ? rows[at++] : null, best = shares ? largest(shares, 1)[0] : -1;
      const tag = element("span", { className: "tag", textContent: shares ? visible(labels[best]) : "?" });
      if (shares) tag.style.backgroundColor = `rgb(${TAG_COLOURS[best % TAG_COLOURS.length]} / ${0.4 * shares[best] ** 2})`;
      const item = element("li", { title: shares ? largest(shares, 3).map(id => `${visible(labels[id])} ${percent(shares[id])}`).join(", ") : "never seen" }, tag, element("span", { className: "symbol", textContent: visible(text) }));
      return item;
    }));
    const sure = rows.reduce((sum, shares) => sum + Math.max(...shares), 0) / rows.length;
    return `${rows.length} tags, on average ${percent(sure)} sure; the fainter a tag, the less sure it is`;
  },
  translate(ids) {
    const found = page.model.translate(ids), { target } = page.model;
    $("answer").className = "text";
    $("answer").replaceChildren(...found.map(({ id, probability }) => {
      const item = element("li", { textContent: printable(target.symbols[id]), title: percent(probability) });
      item.style.backgroundColor = tint((1 - probability) * 1.5);
      return item;
    }));
    const nats = found.reduce((sum, { probability }) => sum + Math.log(probability), 0);
    return found.length ? `the most probable character at each step; on orange it was unsure; all of it ${percent(Math.exp(nats))}` : "it answers with an empty text";
  },
};

function startAnswering() {
  const { model, data } = page, input = $("input"), { vocabulary } = model;
  let isComposing = false;
  input.maxLength = LONGEST;
  const answer = () => {
    if (isComposing) return;
    const symbols = vocabulary.encode(vocabulary.normalise(input.value)), ids = symbols.flatMap(symbol => symbol.ids);
    const unread = [...new Set(symbols.filter(symbol => !symbol.ids.length).map(symbol => visible(symbol.text)))];
    $("answer-empty").hidden = ids.length > 0;
    $("answer").hidden = !ids.length;
    const said = ids.length ? ANSWERS[data.kind](ids, symbols) : "";
    $("answer-status").textContent = [said, unread.length ? `never seen, skipped: ${unread.join(" ")}` : ""].filter(Boolean).join("; ");
  };
  input.addEventListener("compositionstart", () => { isComposing = true; });
  input.addEventListener("compositionend", () => { isComposing = false; answer(); });
  input.addEventListener("input", answer);
  $("examples").append(...data.examples.map(text => element("button", { type: "button", className: "chip", textContent: printable(text), onclick: () => { input.value = text; answer(); } })));
  $("examples-title").hidden = !data.examples.length;
  $("examples-title").textContent = data.isHeldOut ? "Or one of these, which it has never seen:" : "Or one of these, from which it has learnt:";
  input.value = data.opening;
  answer();
  isDark.addEventListener("change", answer);
}
