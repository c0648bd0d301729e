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
// Under the pointer: which earlier characters made this one likely.
const hover = document.getElementById("hover");
if (hover) {
  const packed = Uint8Array.from(atob(document.getElementById("connectivity").textContent.trim()), c => c.charCodeAt(0));
  const letters = [...hover.querySelectorAll("span")];
  const clear = () => letters.forEach(letter => { letter.className = ""; });
  const look = event => {
    const n = letters.indexOf(event.target.closest("span"));
    clear();
    for (let i = 0; i < n; i++) {
      const level = packed[n * (n - 1) / 2 + i];
      if (level) letters[i].className = "p" + level;
    }
  };
  hover.addEventListener("pointerover", look);
  hover.addEventListener("pointerleave", clear);
}
