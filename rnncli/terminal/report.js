"use strict";
for (const link of document.querySelectorAll("nav [hidden]")) link.hidden = false;
// One unit at a time, chosen from a list; without this script all of them stand one below the other.
const units = [...document.querySelectorAll("#units-list details")];
if (units.length) {
  const choice = document.createElement("select");
  choice.id = "unit-choice";
  units.forEach((unit, n) => choice.add(new Option(unit.querySelector("summary").textContent, n)));
  const show = () => units.forEach((unit, n) => { unit.hidden = n !== Number(choice.value); unit.open = !unit.hidden; });
  choice.addEventListener("change", show);
  const label = document.createElement("label");
  label.append("Unit ", choice);
  units[0].parentElement.prepend(label);
  show();
}
// Under the pointer: which earlier characters made this one likelier, or less likely. Each character but the first has a
// row: the levels of the one before it, of the one before that, …
const hover = document.getElementById("hover");
if (hover) {
  const levels = Int8Array.from(atob(document.getElementById("effects").textContent.trim()), c => c.charCodeAt(0));
  const letters = [...hover.querySelectorAll("span")];
  const reach = levels.length / (letters.length - 1);
  const clear = () => letters.forEach(letter => { letter.className = ""; });
  const look = event => {
    const n = letters.indexOf(event.target.closest("span"));
    clear();
    for (let back = 1; back <= Math.min(n, reach); back++) {
      const level = levels[(n - 1) * reach + back - 1];
      if (level) letters[n - back].className = (level > 0 ? "p" : "n") + Math.abs(level);
    }
  };
  hover.addEventListener("pointerover", look);
  hover.addEventListener("pointerleave", clear);
}
