// Find, prove, steer: the text coloured by one unit, and what the network writes while that unit is held.

const COMPARED = 220; // characters of each of the two texts

function startSteering() {
  const { model, data } = page, { network } = model;
  $("steer").hidden = !network.cells.length;
  if (!network.cells.length) return;
  const free = new TextWriter($("free")), heldWriter = new TextWriter($("held"));

  $("unit-cell").append(...network.cells.map((cell, k) => new Option(`layer ${k + 1}`, k)));
  $("unit-cell").closest(".field").hidden = network.cells.length < 2;
  const choose = (cell, unit, value) => {
    const { size } = network.cells[cell];
    if (value != null) $("hold").value = value;
    page.chosen = { cell, unit: Math.max(0, Math.min(size - 1, Math.round(unit) || 0)) };
    if (page.held) hold();
    changed();
  };
  $("unit-cell").addEventListener("change", () => choose(Number($("unit-cell").value), page.chosen.unit));
  $("unit-number").addEventListener("input", () => $("unit-number").value !== "" && choose(page.chosen.cell, Number($("unit-number").value)));

  const chips = data.units.map(found => {
    const text = `${found.feature}, ${found.direction}`;
    const chip = element("button", { type: "button", className: "chip", onclick: () => choose(found.cell, found.unit, found.more) }, text, element("small", { textContent: unitName(found) }));
    return { chip, found };
  });
  $("named").append(...chips.map(({ chip }) => chip));
  $("named-note").hidden = !chips.length;
  if (chips.length) choose(data.units[0].cell, data.units[0].unit, data.units[0].more);

  const hold = () => { page.held = { ...page.chosen, value: Number($("hold").value) }; };
  $("hold").addEventListener("input", () => { hold(); changed(); });
  const release = () => { page.held = null; changed(); };
  $("hold-button").addEventListener("click", () => (page.held ? release() : (hold(), changed())));
  $("release").addEventListener("click", release);

  let compared = "";
  page.listeners.push(() => {
    const { cell, unit } = page.chosen, { entries } = page.reader, held = page.held;
    [$("unit-cell").value, $("unit-number").value, $("unit-number").max] = [cell, unit, network.cells[cell].size - 1];
    chips.forEach(({ chip, found }) => chip.setAttribute("aria-pressed", found.cell === cell && found.unit === unit));
    paintText($("unit-text"), entries.map(entry => printable(entry.text)), entries.map(entry => entry.hidden[cell][unit]));
    $("unit-text").classList.toggle("empty", !entries.length);
    $("hold-value").textContent = signed(Number($("hold").value));
    $("hold-button").textContent = held ? `Release unit ${unitName(held)}` : `Hold unit ${unitName(page.chosen)}`;
    $("hold-button").setAttribute("aria-pressed", Boolean(held));
    $("held-bar").hidden = !held;
    $("held-note").textContent = held ? `Unit ${unitName(held)} is held at ${signed(held.value)} everywhere on this page.` : "";
    compare();
  });

  /** Both texts from the same prime, seed and noise. Before anything is held, the right one shows what would be. */
  async function compare() {
    const options = writeOptions(), held = page.held || { ...page.chosen, value: Number($("hold").value) };
    const key = JSON.stringify([page.primeText(), options, held]);
    if (key === compared) return;
    compared = key;
    $("held-title").textContent = `unit ${unitName(held)} held at ${signed(held.value)}`;
    $("compare-status").textContent = "Writing both …";
    const both = await Promise.all([free.write(page.primeText(), { ...options, held: null }, COMPARED), heldWriter.write(page.primeText(), { ...options, held }, COMPARED)]);
    if (!both[0] || !both[1] || key !== compared) return;
    const [a, b] = both.map(({ text }) => Array.from(text));
    let same = 0;
    while (same < Math.min(a.length, b.length) && a[same] === b[same]) same++;
    const isSame = same === a.length && same === b.length;
    $("compare-status").textContent = isSame ? "The two texts are the same: holding this unit changed nothing here." : `The two texts part after ${same} ${same === 1 ? "character" : "characters"}.`;
    if (!isSame) markParting($("free"), a, same), markParting($("held"), b, same);
  }

  function markParting(pre, characters, same) {
    const prime = pre.firstChild;
    pre.replaceChildren(prime, printable(characters.slice(0, same).join("")), element("mark", { textContent: printable(characters.slice(same).join("")) }));
  }
}
