// Write: text that streams as the network makes it.

const PER_FRAME = 5; // characters, so that one sees them come

/** Writes into a <pre>, some characters in every frame; where the reader wants no motion, all at once. */
class TextWriter {
  constructor(pre, isFollowed = false) {
    [this.pre, this.isFollowed, this.run] = [pre, isFollowed, 0];
  }

  get isRunning() {
    return this.pre.classList.contains("running");
  }

  stop() {
    this.run++;
    this.pre.classList.remove("running");
  }

  /** Resolves to {characters, seconds of computing, isEnd, text}, or null where it was stopped. */
  async write(prime, options, length) {
    this.stop();
    const run = this.run, { model } = page;
    const written = writeText(model, { ...options, prime: model.vocabulary.idsOf(prime) }), decode = model.vocabulary.decoder();
    const tail = document.createTextNode("");
    this.pre.replaceChildren(element("span", { className: "prime", textContent: printable(prime) }), tail);
    this.pre.classList.add("running");
    let characters = 0, milliseconds = 0, text = "";
    while (characters < length) {
      const frameEnd = characters + (isCalm.matches ? length : PER_FRAME), started = performance.now();
      let isEnd = false, added = "";
      while (characters < Math.min(frameEnd, length) && performance.now() - started < (isCalm.matches ? Infinity : 12)) {
        const { value, done } = written.next();
        if ((isEnd = done)) break;
        added += decode(value);
        characters++;
      }
      milliseconds += performance.now() - started;
      text += added;
      const isAtEnd = this.pre.scrollTop + this.pre.clientHeight >= this.pre.scrollHeight - 4;
      tail.data += printable(added);
      if (isAtEnd && this.isFollowed) this.pre.scrollTop = this.pre.scrollHeight; // unless the reader has scrolled away
      if (isEnd) {
        this.stop();
        return { characters, seconds: milliseconds / 1000, isEnd, text };
      }
      if (!isCalm.matches) await new Promise(requestAnimationFrame);
      if (run !== this.run) return null;
    }
    this.stop();
    return { characters, seconds: milliseconds / 1000, isEnd: false, text };
  }
}

/** The choices of the section Write. */
function writeOptions() {
  const label = $("label").selectedIndex;
  return { label: Math.max(label, 0), temperature: Number($("temperature").value), topP: Number($("top-p").value), seed: Number($("seed").value) || 0, held: page.held };
}

function startWriting() {
  const { model } = page, writer = new TextWriter($("written"), true), button = $("write-button");
  page.primeText = () => model.vocabulary.normalise($("prime").value);
  const show = () => {
    $("temperature-value").textContent = Number($("temperature").value).toFixed(2);
    $("top-p-value").textContent = Number($("top-p").value).toFixed(2);
  };
  const write = async () => {
    const unread = model.vocabulary.encode(page.primeText()).filter(symbol => !symbol.ids.length).map(symbol => visible(symbol.text, false));
    const note = unread.length ? ` The model has never seen ${[...new Set(unread)].join(" ")}, and skips it.` : "";
    button.textContent = "Stop";
    $("write-status").textContent = "Writing …" + note;
    const done = await writer.write(page.primeText(), writeOptions(), Number($("length").value));
    if (!done) return;
    button.textContent = "Write";
    const speed = done.seconds > 0.02 ? `, computed at ${Math.round(done.characters / done.seconds).toLocaleString("en")} characters per second` : "";
    $("write-status").textContent = `${done.characters} ${model.vocabulary.isBytes ? "bytes" : "characters"}${speed}${done.isEnd ? "; the text ends here" : ""}.${note}`;
  };
  button.addEventListener("click", () => {
    if (!writer.isRunning) return write();
    writer.stop();
    button.textContent = "Write";
    $("write-status").textContent = "Stopped.";
  });
  $("another").addEventListener("click", () => {
    $("seed").value = (Number($("seed").value) || 0) + 1;
    again();
  });
  for (const id of ["temperature", "top-p"]) $(id).addEventListener("input", show);
  const again = () => { write(); changed(); };
  for (const id of ["temperature", "top-p", "seed", "label", "length"]) $(id).addEventListener("change", again);
  $("prime").addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.isComposing) again();
  });
  $("label").append(...model.labels.map(label => new Option(label)));
  $("label").closest(".field").hidden = !model.labels.length;
  $("alone").hidden = !page.data.hasCounts;
  $("alive").classList.toggle("short-texts", model.labels.length > 0);
  let held = page.held;
  page.listeners.push(() => {
    if (held === page.held) return;
    held = page.held;
    write();
  });
  show();
  write();
}
