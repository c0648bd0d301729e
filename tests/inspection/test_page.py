"""What a page holds: the smallest weights that cost next to nothing, and names of units where a text gives them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Array
from rnncli.inspection.page import TOLERANCE, ModelPage, model_page
from rnncli.inspection.probe import Probe
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint
from tests.terminal.pages import model_of


def page_of(scale: float) -> ModelPage:
    """The page of a model whose weights have this standard deviation, measured on a random text."""
    model = model_of("gru")
    assert isinstance(model, LanguageModel)
    model.parameters.flat[...] *= scale / 0.6
    ids: Array = np.random.default_rng(1).integers(0, len(model.vocabulary), 3000)
    return model_page(Probe(Checkpoint(model), ids, "a text"))


def test_int8_where_it_costs_next_to_nothing() -> None:
    page = page_of(0.02)
    assert page.weights.precision == "int8"
    assert set(page.losses) == {"trained", "int8"}
    assert 0 < abs(page.losses["int8"] - page.losses["trained"]) <= TOLERANCE


def test_float16_where_int8_costs_something() -> None:
    page = page_of(1.0)
    assert abs(page.losses["int8"] - page.losses["trained"]) > TOLERANCE
    assert page.weights.precision == "float16"
    assert abs(page.losses["float16"] - page.losses["trained"]) < TOLERANCE


def test_float16_where_nobody_knows() -> None:
    page = model_page(Probe(Checkpoint(model_of("lstm"))))
    assert (page.weights.precision, page.losses) == ("float16", {})


def test_a_unit_that_follows_the_text_has_a_name() -> None:
    """A single unit that is 1 between brackets: it is found, and no other."""
    vocabulary = Vocabulary("\n ()ab")
    model = LanguageModel(NetworkConfig("rnn", 1, 3, activation="relu"), vocabulary)
    W_x, W_h = model.parameters["l1.W_x"][0], model.parameters["l1.W_h"][0]
    W_h[1, 1] = 1
    W_x[vocabulary.symbols.index("("), 1], W_x[vocabulary.symbols.index(")"), 1] = 1, -1
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("ab"), rng.integers(1, 9))) for _ in range(3000)]
    text = " ".join(f"({word})" if rng.random() < 0.3 else word for word in words) + "\n"
    page = model_page(Probe(Checkpoint(model), vocabulary.encode(text), "a text"))
    assert ("inside brackets", 0, 1, "high") in [(u.feature, u.cell, u.unit, u.direction) for u in page.units]
    assert {unit.unit for unit in page.units} == {1}


def test_text_of_a_model_of_bytes_is_text() -> None:
    model = model_of("bytes")
    written = "Größe\n말\n"
    ids = model.vocabulary.encode(model.vocabulary.from_user_text(written))
    page = model_page(Probe(Checkpoint(model), ids, "a text"))
    assert page.opening == "말\n"
    assert "\ufffd" in page.sample  # an untrained model writes bytes at random


def test_a_page_names_no_folder(tmp_path: Path) -> None:
    """It is for other people: the path of the training text is nobody's business."""
    path = Path(__file__).parents[1] / "storage" / "models" / "v4" / "gru.npz"
    loaded = checkpoint.load(path)
    assert loaded.record is not None
    hidden = replace(loaded.record, data=replace(loaded.record.data, files=("/home/somebody/text.txt",)))
    source = "the held-out part of /home/somebody/text.txt"
    ids = np.zeros(500, np.uint8)
    page = model_page(Probe(replace(loaded, record=hidden), ids, source))
    assert page.path == "gru.npz"
    assert page.measured_on == "the held-out part of text.txt"
    assert page.facts["trained on"].startswith("text.txt, ")
