// Step: the network unrolled over the last characters, from the input to the probabilities, and every number of a step.

const ROWS_OF_NUMBERS = 256;
const MOST_ONE_HOT = 256; // characters of an alphabet that is drawn

const GATE_LABELS = {
  gru: { reset: "reset r", update: "update z", candidate: "candidate n" },
  lstm: { input: "input i", forget: "forget f", output: "output o", candidate: "candidate g" },
};

const EQUATIONS = {
  rnn: "h′ = φ(x Wₓ + h Wₕ + b)",
  gru: "r, z = σ(x Wₓ + h Wₕ + b)   n = tanh(x Wₓ + b + r · (h Wₕ + bₙ))   h′ = (1 − z) · n + z · h",
  lstm: "i, f, o = σ(x Wₓ + h Wₕ + b)   g = tanh(x Wₓ + h Wₕ + b)   c′ = f · c + i · g   h′ = o · tanh c′",
  mlp: "h = φ(x₁ W₁ + x₂ W₂ + … + b), with x₁ the newest character",
};

function startStepping() {
  const { model, data } = page, { network } = model, kind = data.network.cell;
  $("equations").textContent = EQUATIONS[kind];
  if (kind === "mlp") $("step-lead").textContent = `The network at the last characters before the caret: at each of them it sees this one and the ${network.context - 1} before it, and nothing else goes from one step to the next.`;
  let selected = null, cleared = "";

  /** The rows of the picture: a title, and what to draw of a view. */
  const rows = [{ title: "reads x", draw: view => oneHot(view.id) }];
  if (network.embeddingSize) rows.push({ title: "embedded", draw: view => units(network.embedding.subarray(view.id * network.embeddingSize, (view.id + 1) * network.embeddingSize)) });
  network.cells.forEach((cell, k) => {
    const layer = network.cells.length > 1 ? `${k + 1}: ` : "";
    const part = (values, n) => values.subarray(n * cell.size, (n + 1) * cell.size);
    if (cell.kind.gates.length > 1) cell.kind.gates.forEach((name, g) => rows.push({ title: layer + GATE_LABELS[kind][name], draw: view => units(part(view.cells[k].gates, g)) }));
    if (cell.kind.states.length > 1) rows.push({ title: `${layer}cell tanh c′`, draw: view => units(part(view.cells[k].state, 1).map(Math.tanh)), isState: true });
    rows.push({ title: `${layer}hidden h′`, draw: view => units(part(view.cells[k].state, 0)), isState: network.stateSize > 0 });
  });
  rows.push({ title: "expects", draw: view => expected(view) });

  function units(values) {
    const grid = new UnitGrid("", null, 14);
    grid.canvas.setAttribute("aria-hidden", "true");
    grid.draw(values);
    return grid.canvas;
  }

  function oneHot(id) {
    const { size } = model.vocabulary;
    if (size > MOST_ONE_HOT) return element("p", { className: "caption", textContent: `1 at ${id}, 0 at the other ${size - 1}` });
    return units(Float64Array.from(model.vocabulary.symbols, (_, n) => (n === id ? 1 : 0)));
  }

  function expected({ logits }) {
    const list = element("ol", { className: "bars small" }), probabilities = softmax(logits);
    drawBars(list, largest(probabilities, 3).map(id => ({ name: symbolName(id), share: probabilities[id], text: percent(probabilities[id]) })));
    return list;
  }

  page.listeners.push(() => {
    const { reader, place } = page, root = $("unrolled");
    const count = Math.max(2, Math.min(6, Math.floor((root.clientWidth - 90) / 125)));
    const read = [...reader.entries.keys()].filter(n => n <= place && reader.entries[n].ids.length).slice(-count);
    const key = JSON.stringify([read, reader.entries.slice(0, place + 1).map(entry => entry.text), count, reader.held, reader.label, isDark.matches]);
    if (key === cleared) return;
    cleared = key;
    selected = read[read.length - 1];
    $("step-empty").hidden = read.length > 0;
    $("numbers").hidden = root.hidden = !read.length;
    if (read.length) drawSteps(root, read.map(n => ({ n, symbol: reader.entries[n].text, view: reader.look(n) })));
  });

  function drawSteps(root, steps) {
    root.style.gridTemplateColumns = `auto repeat(${steps.length}, minmax(0, 1fr))`;
    const cells = [element("span", { className: "title" })];
    const buttons = steps.map(step => element("button", { type: "button", className: "read", textContent: visible(step.symbol, false), title: "Show the numbers of this step", onclick: () => choose(step) }));
    function choose(step) {
      selected = step.n;
      buttons.forEach((button, n) => button.setAttribute("aria-pressed", steps[n].n === selected));
      showNumbers(step);
    }
    cells.push(...buttons);
    for (const { title, draw, isState } of rows) {
      cells.push(element("span", { className: "title", textContent: title }));
      cells.push(...steps.map(({ view }, n) => element("div", { className: `part${isState ? " state" : ""}${n === steps.length - 1 ? " last" : ""}` }, draw(view))));
    }
    root.replaceChildren(...cells);
    choose(steps[steps.length - 1]);
  }

  /** The numbers of a step as tables; they are made when somebody opens them. */
  function showNumbers({ symbol, view }) {
    $("numbers-title").textContent = `Every number at ${visible(symbol, false)}`;
    const fill = () => {
      if (!$("numbers").open) return;
      const tables = network.cells.map((cell, k) => {
        const gates = cell.kind.gates.length > 1 ? cell.kind.gates : [];
        const columns = [`unit ${cell.name.slice(1)}`, ...gates, ...[...cell.kind.states].reverse()];
        const values = [...gates.map((_, g) => view.cells[k].gates.subarray(g * cell.size)), ...cell.kind.states.map((_, s) => view.cells[k].state.subarray(s * cell.size)).reverse()];
        return table(columns, Array.from({ length: cell.size }, (_, unit) => [String(unit), ...values.map(of => of[unit].toFixed(4))]));
      });
      const probabilities = softmax(view.logits), order = largest(probabilities);
      tables.push(table(["next", "logit", "probability"], order.map(id => [symbolName(id), view.logits[id].toFixed(4), probabilities[id].toFixed(6)])));
      $("tables").replaceChildren(...tables);
    };
    $("numbers").ontoggle = fill;
    fill();
  }

  function table(columns, all) {
    const row = (tag, texts) => element("tr", {}, ...texts.map(textContent => element(tag, { textContent })));
    const shown = all.slice(0, ROWS_OF_NUMBERS).map(texts => row("td", texts));
    const more = all.length > shown.length ? [element("caption", { textContent: `The first ${shown.length} of ${all.length}` })] : [];
    return element("table", {}, ...more, element("thead", {}, row("th", columns)), element("tbody", {}, ...shown));
  }
}
