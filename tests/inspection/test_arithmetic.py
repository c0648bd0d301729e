"""The numbers of a step: those of a worked example, of the textbook cells, and of each task, as in training."""

import json
import math
from typing import Any

import numpy as np
import pytest

from rnncli.engine.activations import ACTIVATIONS, sigmoid
from rnncli.engine.arrays import Array, Parameters
from rnncli.errors import InputError
from rnncli.inspection.arithmetic import RATE, Arithmetic, arithmetic
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.step import step
from rnncli.models.base import Model
from rnncli.results import Table, ViewResult
from tests.engine import textbook
from tests.helpers import random_model, random_pair_model
from tests.inspection.probes import probe_of, worked_example

TASKS: dict[str, dict[str, Any]] = {
    "rnn": {"cell": "rnn", "layers": 2},
    "gru": {"cell": "gru", "layers": 2},
    "lstm, embedded": {"cell": "lstm", "layers": 2, "embedding_size": 3},
    "mlp": {"cell": "mlp", "context": 3, "layers": 2},
    "mlp, embedded": {"cell": "mlp", "context": 2, "layers": 1, "embedding_size": 3},
    "perceptron": {"cell": "mlp", "context": 3, "layers": 0},
    "classify": {"cell": "lstm", "bidirectional": True, "layers": 2},
    "classify-two": {"cell": "gru"},
    "generate": {"cell": "lstm"},
    "tag": {"cell": "gru", "bidirectional": True, "layers": 2},
    "translate": {"cell": "lstm", "bidirectional": True, "layers": 2},
}
ANSWERS = {"classify": "y", "classify-two": "no", "tag": "ABCA", "translate": "CAB"}

every_task = pytest.mark.parametrize("task", TASKS)


def model_of(task: str) -> Any:
    """A model of float64, all parameters random."""
    if task in ("classify", "classify-two", "generate", "tag", "translate"):
        return random_pair_model(task, np.float64, **TASKS[task])
    return random_model(dtype=np.float64, **{"hidden_size": 4, **TASKS[task]})


def found_for(task: str, loss: str = "cross-entropy") -> tuple[Model, Arithmetic]:
    model = model_of(task)
    label = "x" if task == "generate" else None
    return model, arithmetic(model, "abca", label, ANSWERS.get(task), loss)


def test_the_worked_example_of_worked_example() -> None:
    """As computed by hand, outside the project."""
    found = arithmetic(worked_example(), "hello", None, None, "cross-entropy")
    hidden = found.readings[""].forward["l1.hidden"]
    np.testing.assert_allclose(hidden[0], [0.1974, -0.2913, -0.4621], atol=5e-5)
    np.testing.assert_allclose(hidden[1], [-0.3023, 0.2270, 0.6586], atol=5e-5)
    np.testing.assert_allclose(found.losses, [1.5458, 1.4439, 1.2875, 1.5431], atol=5e-5)
    assert found.gradients is not None
    assert found.gradients["l1.W_h"][0, 0, 1] == pytest.approx(-0.0092066, abs=5e-8)
    assert RATE == 0.5
    assert found.loss_after == pytest.approx(1.3303, abs=5e-5)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_each_cell_is_that_of_the_textbook(cell: str) -> None:
    """Its hidden states from the sums, and backwards what arrives in the sums and in the first state."""
    model = random_model(dtype=np.float64, cell=cell, hidden_size=3)
    found = arithmetic(model, "abcde", None, None, "cross-entropy")
    numbers, P = found.readings[""], model.parameters
    above = numbers.backward["l1.hidden above"]
    projection = (P["l1.W_x"][:, :5] + P["l1.b"][:, None]).tolist()  # a, b, c, d, e are 0 … 4
    first = np.zeros((len(model.network.cell.states), 3)).tolist()
    extra: dict[str, Any] = {"rnn": {"activation": "tanh"}, "gru": {"b_hn": P.get("l1.b_hn")}}.get(cell, {})
    result = getattr(textbook, cell)(projection, first, P["l1.W_h"].tolist(), above.tolist(), first, **extra)
    np.testing.assert_allclose(numbers.forward["l1.hidden"], result.outputs, rtol=1e-10)
    names = ["l1.z"] if cell == "rnn" else [f"l1.{gate}.z" for gate in model.network.cell.gates]
    for name, d_sums in zip(names, result.d_projection, strict=True):
        np.testing.assert_allclose(numbers.backward[name], d_sums, rtol=1e-9, atol=1e-15, err_msg=name)


@every_task
@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_what_arrives_adds_up_to_the_gradients_of_training(task: str, loss: str) -> None:
    """The gradient of a bias is the sum over the text of what arrives in the sums; that of the output layer is the
    outer product of what it reads and of what arrives in the logits; the loss is the mean of those of the predictions,
    and the update is the rate times the gradient."""
    model, found = found_for(task, loss)
    assert found.gradients is not None
    assert found.updated is not None
    assert found.loss == pytest.approx(np.mean(found.losses), rel=1e-10)
    moved = model.on(found.updated.flat)
    again = arithmetic(moved, "abca", "x" if task == "generate" else None, ANSWERS.get(task), loss)
    assert found.loss_after == pytest.approx(again.loss, rel=1e-10)
    for prefix, reading in found.readings.items():
        for name, d_sums in reading.backward.items():
            if name.endswith("z"):
                cell, *gate, _ = name.split(".")
                whole = found.gradients[f"{prefix}{cell}.b"]
                if gate:
                    network = getattr(model, "decoder", None) if prefix == "decoder." else model.network
                    whole = whole[network.cell.gates.index(gate[0])]
                np.testing.assert_allclose(d_sums.sum(axis=0), whole.squeeze(), rtol=1e-8, atol=1e-14, err_msg=name)
    np.testing.assert_allclose(found.d_logits.sum(axis=0), found.gradients["output.b"], rtol=1e-8, atol=1e-14)
    features = found.example.features()[: len(found.d_logits)]
    np.testing.assert_allclose(features.T @ found.d_logits, found.gradients["output.W"], rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(
        found.updated.flat, model.parameters.flat - 0.5 * found.gradients.flat, rtol=1e-12, atol=1e-15
    )


@every_task
def test_a_squashed_sum_is_the_gate(task: str) -> None:
    model, found = found_for(task)
    seen = 0
    for prefix, reading in found.readings.items():
        for name, z in reading.forward.items():
            if name.endswith(".z"):
                gate = name.removesuffix(".z")
                is_sigmoid = gate.rpartition(".")[2] in ("input", "forget", "output", "reset", "update")
                squash = sigmoid if is_sigmoid else ACTIVATIONS[model.config.activation].function
                of = gate if "." in gate else f"{gate}.hidden"
                np.testing.assert_allclose(reading.forward[of], squash(z), rtol=1e-9, err_msg=prefix + name)
                seen += 1
    assert seen > 0 or task == "perceptron"


def numbers_of(found: ViewResult) -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(json.dumps(found.to_json(), allow_nan=False))["numbers"]
    return numbers


def tables(found: ViewResult, name: str) -> list[Table]:
    return [block for block in found.blocks if isinstance(block, Table) and block.name.startswith(name)]


def table(found: ViewResult, name: str) -> Table:
    (block,) = tables(found, name)
    return block


def floats(*blocks: Table) -> list[float]:
    return [value for block in blocks for row in block.rows for value in row if isinstance(value, float)]


def flat(parameters: Parameters | Array) -> list[float]:
    return [float(value) for value in np.ravel(getattr(parameters, "flat", parameters))]


def test_of_a_small_network_every_number_is_shown() -> None:
    """Each weight, its gradient and its new value; each sum and state; each logit."""
    lstm = random_model(dtype=np.float64, cell="lstm", hidden_size=3)
    gru = random_model("abcdefgh", np.float64, cell="gru", hidden_size=9)
    for model, text in ((lstm, "abc"), (gru, "abca"), (worked_example(), "hello")):
        found = step(ViewRequest(probe_of(model, text), prime=text))
        assert set(found.facts) == {"text", "loss L", "update"}
        data = numbers_of(found)
        for name, values in model.parameters.items():
            whole = (name, f"{name}, continued")
            weights = [block for block in found.blocks if isinstance(block, Table) and block.name in whole]
            assert sorted(floats(*weights)) == pytest.approx(sorted(flat(values)))
            both = floats(*tables(found, f"{name}: gradient"))
            written = data["parameters"][name]
            assert sorted(both) == pytest.approx(
                sorted([*np.ravel(written["gradient"]), *np.ravel(written["updated"])])
            )
    assert len(floats(table(found, "Forwards"))) == 3 * (1 + 2 * 5)
    assert len(floats(table(found, "Output"))) == 4 * (2 * 5 + 4)
    assert len(floats(table(found, "Backwards"))) == 3 * 3 * 4
    assert [row[2] for row in table(found, "What came").rows] == list("ello")
    assert "1.3303 after it" in found.facts["update"]


def test_of_a_large_network_a_part_is_shown_and_that_is_said() -> None:
    """As many columns as fit, those rows that move; as data there is all, but the parameters of a still larger one."""
    model = random_model(dtype=np.float64, cell="lstm", hidden_size=40)
    found = step(ViewRequest(probe_of(model, "abca"), prime="abca"))
    assert "the first 6 units" in found.facts["shown"]
    for block in found.blocks:
        assert isinstance(block, Table)
        assert len(block.columns) <= 3 + 6
    data = numbers_of(found)
    gradient = table(found, "l1.W_x: gradient")
    assert gradient.note == "12 of 20 rows, 6 of 40 columns"
    moved = np.argwhere(np.any(data["parameters"]["l1.W_x"]["gradient"], axis=2)).tolist()
    gates = model.network.cell.gates
    assert 9 <= len(moved) < 12
    assert {(gates[gate], "abcde"[character]) for gate, character in moved} <= {row[:2] for row in gradient.rows}
    assert np.shape(data["forward"]["l1.cell"]) == (4, 40)
    assert np.shape(data["parameters"]["l1.W_h"]["gradient"]) == (4, 40, 40)
    model = random_model(dtype=np.float64, cell="lstm", hidden_size=80)
    assert "parameters" not in numbers_of(step(ViewRequest(probe_of(model, "ab"), prime="ab")))


@every_task
def test_every_task_has_its_arithmetic(task: str) -> None:
    """All of it is numbers; a model of pairs learns the answer that it is told, or its own."""
    model = model_of(task)
    request = ViewRequest(probe_of(model, "ab"), prime="abca", label="x" if task == "generate" else None)
    found = step(request)
    names = [block.name for block in found.blocks]
    assert any(name.startswith("Forwards") for name in names) == (task != "perceptron")
    assert any(name.startswith("Backwards") for name in names) == (task != "perceptron")
    data = numbers_of(found)
    assert all(math.isfinite(p) for row in data["probabilities"] for p in row)
    if task in ANSWERS:
        assert "the model's own" in found.facts["answer"]
        told = step(ViewRequest(request.probe, prime="abca", answer=ANSWERS[task]))
        assert told.facts["answer"] == repr(ANSWERS[task])


def test_a_single_character_has_a_forward_pass_alone() -> None:
    found = step(ViewRequest(probe_of(worked_example(), "he"), prime="h"))
    assert {"loss L", "update"}.isdisjoint(found.facts)
    assert numbers_of(found)["losses"] == []


def test_the_input_is_written_out() -> None:
    model = random_model(cell="mlp", layers=0, context=3)
    assert table(step(ViewRequest(probe_of(model, "ab"), prime="abc")), "x").rows == [
        (0, "a", "∅", "∅"),
        (1, "b", "a", "∅"),
        (2, "c", "b", "a"),
    ]
    assert table(step(ViewRequest(probe_of(worked_example(), "he"), prime="oh")), "x").rows == [
        (0, "o", 0, 1),
        (1, "h", 1, 0),
    ]


@pytest.mark.parametrize(("task", "answer"), [("tag", "AB"), ("tag", "ABCX"), ("classify", "w"), ("translate", "x")])
def test_an_answer_that_cannot_be_is_refused(task: str, answer: str) -> None:
    with pytest.raises(InputError):
        step(ViewRequest(probe_of(model_of(task), "ab"), prime="abca", answer=answer))
