"""The learning curves of one model and of several, each loss with its like."""

from dataclasses import replace
from typing import Any

import pytest

from rnncli.errors import InputError
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.learning import learning
from rnncli.results import Curves, Table, ViewResult
from rnncli.storage.checkpoint import Checkpoint
from tests.helpers import RECORD, random_model

NATS = "nats per character"


def run(path: str, history: list[dict[str, float]], **options: Any) -> Probe:
    """A model whose run has this history."""
    losses = [entry["validation_loss"] for entry in history if "validation_loss" in entry]
    state = {**RECORD.state, "history": history, "best_loss": min(losses, default=None)}
    record = replace(RECORD, options=replace(RECORD.options, **options), state=state)
    return Probe(Checkpoint(random_model(), record, path=path))


def entry(step: int, loss: float, held_out: float | None = None, mse: float | None = None) -> dict[str, float]:
    measured = {} if held_out is None else {"validation_loss": held_out, "validation_accuracy": 0.5}
    return {"step": step, "loss": loss, **measured, **({} if mse is None else {"validation_mse": mse})}


CE = run("a.npz", [entry(10, 3.0, 3.1), entry(20, 2.0, 2.4), entry(30, 1.0, 2.5)], optimizer="adam", learning_rate=0.01)
MSE = run("m.npz", [entry(10, 0.02, 3.2, 0.03), entry(20, 0.01, 2.2, 0.02)], loss="mse", optimizer="sgd")
ALONE = run("t.npz", [entry(5, 2.5), entry(9, 1.5)])


def charts(found: ViewResult) -> dict[str, dict[str, Any]]:
    return {block.name: dict(block.curves) for block in found.blocks if isinstance(block, Curves)}


def tables(found: ViewResult, name: str) -> list[Table]:
    return [block for block in found.blocks if isinstance(block, Table) and block.name == name]


def rows(found: ViewResult) -> list[dict[str, Any]]:
    (table,) = tables(found, "Runs")
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_of_one_model_both_losses_lie_over_each_other() -> None:
    training, validation = [(10, 3.0), (20, 2.0), (30, 1.0)], [(10, 3.1), (20, 2.4), (30, 2.5)]
    found = learning(ViewRequest(CE))
    assert charts(found) == {f"Loss, {NATS}": {"training loss": training, "validation loss": validation}}
    (row,) = rows(found)
    assert (row["training loss"], row["validation loss"], row["best at"]) == (1.0, 2.5, 20)
    assert found.next == ["rnncli inspect a.npz learning other.npz"]
    assert charts(learning(ViewRequest(ALONE))) == {f"Loss, {NATS}": {"training loss": [(5, 2.5), (9, 1.5)]}}


def test_a_squared_error_never_shares_a_chart_or_a_column_with_nats() -> None:
    assert charts(learning(ViewRequest(MSE))) == {
        "Loss, mean squared error": {
            "training loss": [(10, 0.02), (20, 0.01)],
            "validation loss": [(10, 0.03), (20, 0.02)],
        },
        f"Loss, {NATS}": {"validation loss": [(10, 3.2), (20, 2.2)]},
    }
    found = learning(ViewRequest(CE, others=[MSE]))
    assert {name: set(curves) for name, curves in charts(found).items()} == {
        f"Training loss, {NATS}": {"a.npz"},
        f"Validation loss, {NATS}": {"a.npz", "m.npz"},
        "Training loss, mean squared error": {"m.npz"},
        "Validation loss, mean squared error": {"m.npz"},
    }
    one, other = rows(found)
    assert (one["optimizer"], one["rate"], other["optimizer"]) == ("adam", 0.01, "sgd")
    assert (one["training loss"], one["training mse"], one["validation mse"]) == (1.0, None, None)
    assert (other["training loss"], other["training mse"], other["validation mse"]) == (None, 0.01, 0.02)


def test_of_one_model_alone_there_is_a_film() -> None:
    name, frames = "What it wrote while it learnt", RECORD.state["film"]["frames"]
    (film,) = tables(learning(ViewRequest(CE)), name)
    assert film.rows == [(frame["step"], frame["loss"], frame["text"]) for frame in frames]
    assert not tables(learning(ViewRequest(CE, others=[MSE])), name)


def test_an_older_run_with_squared_errors_has_no_more_than_it_has() -> None:
    """Its validation text was measured in nats alone."""
    older = run("o.npz", [entry(10, 0.02, 3.2), entry(20, 0.01, 2.2)], loss="mse")
    assert {name: set(curves) for name, curves in charts(learning(ViewRequest(older))).items()} == {
        "Loss, mean squared error": {"training loss"},
        f"Loss, {NATS}": {"validation loss"},
    }


@pytest.mark.parametrize("probe", [Probe(Checkpoint(random_model(), path="x.npz")), run("x.npz", [])])
def test_a_model_without_a_run_is_named(probe: Probe) -> None:
    for request in (ViewRequest(probe), ViewRequest(CE, others=[probe])):
        with pytest.raises(InputError, match=r"x\.npz"):
            learning(request)
