"""The network of a page computes what ours does, in a real browser, for every cell and task."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.datasets.ragged import Padded
from rnncli.engine.arrays import Array
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig, as_beginning
from rnncli.models.base import Model
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import NextCharacterModel
from rnncli.models.tagger import Tagger
from rnncli.models.translator import Translator
from tests.terminal.pages import CASES, write_page

SOURCE, WRITTEN, LABEL = [3, 1, 5, 2, 2, 4, 0, 3], [3, 1, 2, 4], 1
"""Ids of a text, those of a translation, and the number of a label."""

LOGITS = """
const [source, written, label] = arguments, { model, data } = page;
if (data.kind === "classify") return [Array.from(model.logits(source))];
if (data.kind === "tag") return model.logits(source).map(row => Array.from(row));
const state = data.kind === "translate" ? model.start(source) : model.start(label);
const ids = data.kind === "translate" ? [model.eos, ...written] : [...model.opening, ...source];
return ids.map(id => Array.from(model.step(id, state)));
"""


def logits_of(model: Model) -> Array:
    """What the page computes by LOGITS, by NumPy."""
    text = Padded(np.array(SOURCE)[:, None], np.array([len(SOURCE)]))
    if isinstance(model, Translator):
        state = model.first_state(text)
        step, eos = model.stepper(state), model.text_decoder(1).eos
        return np.array([step(np.array([id]))[0].copy() for id in (eos, *WRITTEN)])
    if isinstance(model, Tagger):
        return model.logits(text)[:, 0]
    if isinstance(model, NextCharacterModel):
        labelled = isinstance(model, LabelledLanguageModel)
        state = model.first_state(np.array([LABEL])) if labelled else model.zero_state()
        ids = [*([model.eos] if labelled else []), *SOURCE]
        return model.logits(np.array(ids)[:, None], state)[0][:, 0]
    return model.log_probabilities(text)  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", CASES)
def test_logits_are_those_of_numpy(case: str, browser: Any, tmp_path: Path) -> None:
    path, model = write_page(tmp_path, case)
    browser.get(path.as_uri())
    found, expected = np.array(browser.execute_script(LOGITS, SOURCE, WRITTEN, LABEL)), logits_of(model)
    if model.kind == "classify":  # ours are log-probabilities
        found, expected = found - found[:, :1], expected - expected[:, :1]
    assert np.abs(expected).max() > 0.1
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert browser.get_log("browser") == []


def test_a_translation_is_that_of_predict(browser: Any, tmp_path: Path) -> None:
    path, model = write_page(tmp_path, "translate")
    browser.get(path.as_uri())
    type_in = "const i = $('input'); i.value = arguments[0]; i.dispatchEvent(new Event('input'))"
    texts = ["abed c", "a", "bb", "cabd", "eeeee"]
    answers = [prediction.best for prediction in predict(model, texts)]
    for text, answer in zip(texts, answers, strict=True):
        browser.execute_script(type_in, text)
        assert browser.execute_script("return $('answer').textContent") == answer
    assert 0 < min(map(len, filter(None, answers))) < 50  # some end by themselves


@pytest.mark.parametrize(("temperature", "top_p"), [(0.0, 1.0), (0.5, 1.0), (1.0, 0.6), (1.7, 0.9), (1.0, 0.05)])
def test_characters_are_drawn_as_sample_draws_them(
    temperature: float, top_p: float, browser: Any, tmp_path: Path
) -> None:
    browser.get(write_page(tmp_path, "rnn")[0].as_uri())
    logits = np.random.default_rng(0).standard_normal(9)
    expected = SamplingConfig(temperature, top_p=top_p).probabilities(logits[None])[0]
    drawn = browser.execute_script(
        """
        const [logits, temperature, topP] = arguments;
        const filtered = filterLogits(Float64Array.from(logits), temperature, topP);
        const uniform = uniformGenerator(1), counts = logits.map(() => 0);
        for (let n = 0; n < 20000; n++) counts[draw(filtered, uniform)]++;
        return [Array.from(softmax(filtered)), counts.map(count => count / 20000)];
        """,
        logits.tolist(),
        temperature,
        top_p,
    )
    np.testing.assert_allclose(drawn[0], expected, atol=1e-12)
    np.testing.assert_allclose(drawn[1], expected, atol=0.02)  # six standard deviations


@pytest.mark.parametrize("case", ["gru", "mlp", "labelled"])
def test_a_prime_is_read_as_sample_reads_it(case: str, browser: Any, tmp_path: Path) -> None:
    """After a line end, where it does not begin with one."""
    path, model = write_page(tmp_path, case)
    browser.get(path.as_uri())
    label = "b" if isinstance(model, LabelledLanguageModel) else None
    for prime in ("", "b", "\nb"):
        ids = browser.execute_script("return fullPrime(page.model, page.model.vocabulary.idsOf(arguments[0]))", prime)
        assert ids == model.vocabulary.encode(as_beginning(model, prime)).tolist()  # type: ignore[arg-type]
        greedy = GenerationConfig(SamplingConfig(0), length=12)
        [expected] = map("".join, generate_texts(model, prime, greedy, label=label))  # type: ignore[arg-type]
        written = browser.execute_script(
            """
            const [prime, label] = arguments, { vocabulary } = page.model, ids = [];
            const options = { prime: vocabulary.idsOf(prime), label, temperature: 0 };
            for (const id of writeText(page.model, options)) if (ids.push(id) >= 12) break;
            return ids.map(vocabulary.decoder()).join("");
            """,
            prime,
            LABEL,
        )
        assert written == expected


def test_the_same_seed_writes_the_same_text(browser: Any, tmp_path: Path) -> None:
    browser.get(write_page(tmp_path, "lstm")[0].as_uri())
    one, same, other, held = browser.execute_script("""
    const first = (seed, held = null) => {
      const written = writeText(page.model, { prime: [1], seed, held });
      return Array.from({ length: 100 }, () => written.next().value);
    };
    return [first(3), first(3), first(4), first(3, { cell: 2, unit: 1, value: 1 })];
    """)
    assert one == same
    assert one != other
    assert one != held
