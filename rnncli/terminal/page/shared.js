// What all parts of the page share: the model, the unit that is chosen and perhaps held, and how things are drawn.

const page = { data: null, model: null, chosen: { cell: 0, unit: 0 }, held: null, listeners: [] };

/** Tell every part that the text, the chosen unit or the held one has changed; at most once a frame. */
let announced = false;
function changed() {
  if (announced) return;
  announced = true;
  requestAnimationFrame(() => {
    announced = false;
    page.listeners.forEach(listener => listener());
  });
}

const $ = id => document.getElementById(id);
const isDark = matchMedia("(prefers-color-scheme: dark)");
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const PICTURES = { " ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍" };

/** A symbol that stands alone, with something to see for every one. */
function visible(symbol, isBytes = page.model.vocabulary.isBytes) {
  const point = symbol.codePointAt(0);
  if (PICTURES[symbol]) return PICTURES[symbol];
  if (isBytes && point > 126) return "\\x" + point.toString(16).padStart(2, "0");
  if (/^[\p{C}\p{Z}]/u.test(symbol)) return "U+" + point.toString(16).toUpperCase().padStart(4, "0");
  return /^\p{M}/u.test(symbol) ? "◌" + symbol : symbol;
}

/** Running text: as it is, but for control characters and what turns the direction of writing. */
function printable(text) {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, symbol => (/[\n\t]/.test(symbol) ? symbol : visible(symbol, false)));
}

const ORANGE = "255 140 0", BLUE = "40 120 255";

/** The colour of a value from −1, blue, to 1, orange; behind text it is faint enough to read. */
function tint(value, isBehindText = true) {
  const level = Math.round(Math.min(1, Math.abs(value)) * 20) / 20;
  return `rgb(${value > 0 ? ORANGE : BLUE} / ${level * (isBehindText ? (isDark.matches ? 0.5 : 0.62) : 1)})`;
}

/** Fill a <pre> with characters, each on the colour of its value; null is none. */
function paintText(pre, texts, values, classes = []) {
  pre.replaceChildren(...texts.map((text, n) => {
    const span = element("span", { textContent: text, className: classes[n] || "" });
    if (values[n]) span.style.backgroundColor = tint(values[n]);
    return span;
  }));
}

/** Replace the rows of a list of bars: {name, share 0 … 1, text, isMarked, onclick}. */
function drawBars(list, rows) {
  list.replaceChildren(...rows.map(({ name, share, text, isMarked, onclick, title }) => {
    const bar = element("span", { className: "bar" });
    bar.style.setProperty("--share", share);
    const parts = [element("span", { className: "name", textContent: name }), bar, element("span", { className: "number", textContent: text })];
    const row = onclick ? element("button", { type: "button", onclick, title }, ...parts) : element("div", {}, ...parts);
    row.classList.toggle("marked", Boolean(isMarked));
    return element("li", {}, row);
  }));
}

const percent = share => (share < 0.0005 ? "<0.1" : (100 * share).toFixed(share < 0.0995 ? 1 : 0)) + " %";
const signed = value => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);

/** A grid of units as a canvas, blue at −1 and orange at 1. With `onChoose`, units are chosen by pointer and arrow keys. */
class UnitGrid {
  constructor(label, onChoose = null, cellSize = 18) {
    this.canvas = element("canvas", { className: "units" });
    [this.label, this.onChoose, this.cellSize, this.values, this.chosen] = [label, onChoose, cellSize, [], -1];
    this.canvas.setAttribute("role", onChoose ? "slider" : "img");
    this.canvas.setAttribute("aria-label", label);
    new ResizeObserver(() => this.paint()).observe(this.canvas);
    this.canvas.addEventListener("pointermove", event => {
      const unit = this.unitAt(event);
      this.canvas.title = unit < 0 ? "" : `${unit}: ${signed(this.values[unit])}`;
    });
    if (!onChoose) return;
    this.canvas.tabIndex = 0;
    this.canvas.addEventListener("click", event => {
      const unit = this.unitAt(event);
      if (unit >= 0) this.choose(unit);
    });
    this.canvas.addEventListener("keydown", event => {
      const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns }[event.key];
      const unit = this.chosen + move;
      if (!move) return;
      event.preventDefault();
      if (unit >= 0 && unit < this.values.length) this.choose(unit);
    });
  }

  choose(unit) {
    this.chosen = unit; // at once: the next key may come before the next frame
    this.onChoose(unit);
  }

  /** The unit under the pointer, −1 where there is none. */
  unitAt({ offsetX, offsetY }) {
    const column = Math.floor(offsetX / this.step), unit = Math.floor(offsetY / this.step) * this.columns + column;
    return column < this.columns && unit < this.values.length ? unit : -1;
  }

  draw(values, chosen = -1) {
    [this.values, this.chosen] = [values, chosen];
    if (this.onChoose) {
      const attributes = { valuemin: 0, valuemax: values.length - 1, valuenow: Math.max(chosen, 0), valuetext: chosen < 0 ? "none" : `unit ${chosen}, ${signed(values[chosen])}` };
      for (const [name, value] of Object.entries(attributes)) this.canvas.setAttribute("aria-" + name, value);
    }
    this.paint();
  }

  paint() {
    const width = this.canvas.clientWidth, count = this.values.length;
    if (!width || !count) return;
    const ratio = devicePixelRatio || 1, style = getComputedStyle(this.canvas);
    // Cells shrink until the grid is no higher than two thirds of its width.
    this.step = count > 16 ? this.cellSize : 1.6 * this.cellSize;
    while (this.step > 4 && Math.ceil(count / Math.floor(width / this.step)) * this.step > 0.66 * width) this.step--;
    this.columns = Math.min(count, Math.floor(width / this.step));
    const height = Math.ceil(count / this.columns) * this.step, gap = this.step > 6 ? 2 : 1;
    this.canvas.style.height = height + "px";
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    for (let unit = 0; unit < count; unit++) {
      const x = (unit % this.columns) * this.step, y = Math.floor(unit / this.columns) * this.step;
      context.fillStyle = style.getPropertyValue("--cell");
      context.fillRect(x, y, this.step - gap, this.step - gap);
      context.fillStyle = tint(this.values[unit], false);
      context.fillRect(x, y, this.step - gap, this.step - gap);
    }
    if (this.chosen >= 0) {
      context.strokeStyle = style.color;
      context.lineWidth = 2;
      context.strokeRect((this.chosen % this.columns) * this.step, Math.floor(this.chosen / this.columns) * this.step, this.step - gap, this.step - gap);
    }
  }
}
