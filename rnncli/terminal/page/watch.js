// Type and watch: what the network expects, what surprised it, and its state, at the place of the caret.

const FULL_SURPRISE = 8; // bits at which the colour is full
const SHOWN = 10; // characters in the list of what comes next

function unitName({ cell, unit }) {
  return `${page.model.network.cells[cell].name.slice(1)}:${unit}`;
}

function symbolName(id) {
  return id === page.model.eos ? "end" : visible(page.model.vocabulary.symbols[id]);
}

function startWatching() {
  const { model, data } = page, { network } = model;
  page.reader = new Reader(model);
  const editor = new Editor($("editor"), model.vocabulary, changed);
  page.editor = editor;
  editor.text = data.opening;
  const grids = network.cells.map((cell, k) => cell.kind.states.map((name, s) => {
    const title = `${network.cells.length > 1 ? `Layer ${k + 1}: ` : ""}${name === "cell" ? "cell state, tanh c" : "hidden state, h"}`;
    const grid = new UnitGrid(`${title}; choose a unit with the arrow keys`, unit => { page.chosen = { cell: k, unit }; changed(); });
    $("state").append(element("p", { className: "caption", textContent: title }), grid.canvas);
    return { grid, k, s };
  })).flat();
  $("state-column").hidden = !network.cells.length;
  if (data.network.cell === "mlp") $("state-title").textContent = "What it computes";

  page.listeners.push(() => {
    const { reader } = page;
    reader.read(editor.text, Math.max($("label").selectedIndex, 0), page.held);
    page.place = editor.caret - 1;
    const view = page.view = reader.look(Math.min(page.place, reader.entries.length - 1));
    const classes = reader.entries.map((entry, n) => (entry.ids.length ? "" : "unread ") + (n === page.place ? "here" : ""));
    editor.paint(reader.entries.map(entry => (entry.bits ?? 0) / FULL_SURPRISE), classes);
    showSurprise(reader);
    showNext(reader, view);
    grids.forEach(({ grid, k, s }) => {
      const { size } = network.cells[k], values = view.cells[k].state.subarray(s * size, (s + 1) * size);
      grid.draw(s ? values.map(Math.tanh) : values, page.chosen.cell === k ? page.chosen.unit : -1);
    });
    if (network.cells.length) showUnit(view);
  });

  function showSurprise(reader) {
    const counted = reader.entries.filter(entry => entry.bits !== null);
    const unread = [...new Set(reader.entries.filter(entry => !entry.ids.length).map(entry => visible(entry.text, false)))];
    const mean = counted.reduce((sum, entry) => sum + entry.bits, 0) / counted.length, here = reader.entries[page.place];
    const parts = counted.length ? [`${mean.toFixed(2)} bits per character`] : [];
    if (here && here.bits !== null) parts.unshift(`${visible(here.text, false)}  ${here.bits.toFixed(2)} bits`);
    if (unread.length) parts.push(`never seen, skipped: ${unread.join(" ")}`);
    $("surprise").textContent = parts.join(" · ") || "Type something: the network reads along.";
  }

  function showNext(reader, { logits }) {
    const following = reader.entries[page.place + 1];
    $("next-empty").hidden = Boolean(logits);
    if (!logits) return $("next").replaceChildren();
    const probabilities = softmax(logits);
    return drawBars($("next"), largest(probabilities, SHOWN).map(id => ({
      name: symbolName(id),
      share: probabilities[id],
      text: percent(probabilities[id]),
      isMarked: following && following.ids[0] === id,
      title: "Type this character",
      onclick: id === model.eos || model.vocabulary.isBytes ? null : () => { editor.insert(model.vocabulary.symbols[id]); changed(); },
    })));
  }

  /** The chosen unit: its value and its gates. */
  function showUnit(view) {
    const { cell: k, unit } = page.chosen, cell = network.cells[k], { state, gates } = view.cells[k];
    $("unit-title").textContent = `Unit ${unitName(page.chosen)}`;
    const rows = [{ name: "h", value: state[unit] }];
    if (cell.kind.states.length > 1) rows.push({ name: "cell c", value: state[cell.size + unit] });
    if (cell.kind.gates.length > 1) cell.kind.gates.forEach((name, g) => rows.push({ name, value: gates[g * cell.size + unit] }));
    drawBars($("unit-values"), rows.map(({ name, value }) => ({ name, share: Math.min(1, Math.abs(value)), text: signed(value), isMarked: value < 0 })));
  }
}
