// The beginning: the weights become a network, and the parts of the page start.

page.data = JSON.parse($("model-data").textContent);
page.model = new MODELS[page.data.kind](page.data, decodeWeights(page.data.arrays, decodeBase64($("model-weights").textContent)));
$("alive").hidden = false;
if (page.data.kind.startsWith("generate")) {
  startWriting();
  startWatching();
  startSteering();
  startStepping();
  isDark.addEventListener("change", changed);
  addEventListener("resize", changed);
  changed();
} else {
  startAnswering();
}
