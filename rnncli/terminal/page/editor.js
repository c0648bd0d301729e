// A text area whose characters stand on colours: the same text lies behind it, transparent, in coloured spans.

class Editor {
  constructor(root, vocabulary, onChange) {
    [this.area, this.behind, this.vocabulary] = [root.querySelector("textarea"), root.querySelector("pre"), vocabulary];
    let isComposing = false;
    const update = () => {
      if (isComposing) return this.paint([]); // an input method is at work: its syllable is not whole yet
      this.normalise();
      onChange();
    };
    this.area.addEventListener("compositionstart", () => { isComposing = true; });
    this.area.addEventListener("compositionend", () => { isComposing = false; update(); });
    this.area.addEventListener("input", update);
    // Only the caret: keys, pointer, touch.
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === this.area && !isComposing) onChange();
    });
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.caret = Array.from(text).length;
  }

  /** Characters before the caret. */
  get caret() {
    return Array.from(this.text.slice(0, this.area.selectionEnd)).length;
  }

  set caret(characters) {
    const place = Array.from(this.text).slice(0, characters).join("").length;
    this.area.setSelectionRange(place, place);
  }

  /** Put a symbol where the caret is. */
  insert(symbol) {
    this.area.setRangeText(symbol, this.area.selectionStart, this.area.selectionEnd, "end");
  }

  /** The normal form that the model has learnt. */
  normalise() {
    const before = this.vocabulary.normalise(this.text.slice(0, this.area.selectionEnd));
    const whole = this.vocabulary.normalise(this.text);
    if (whole === this.text) return;
    this.area.value = whole;
    this.area.setSelectionRange(before.length, before.length);
  }

  /** Colours for the characters, and classes. The last line end takes no room unless something follows it. */
  paint(values, classes) {
    paintText(this.behind, [...Array.from(this.text), "\u200b"], values, classes);
  }
}
