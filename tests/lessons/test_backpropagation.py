"""The example of the notes, number by number, as it was computed elsewhere."""

import pytest

from rnncli.lessons.backpropagation import Example
from tests.lessons.shown import about, block, column, lesson

NEW = [0.2995956, 0.2491911, 0.3996450, 0.3492899, 0.4370386, 0.3868520, 0.6962958, 0.5962425]


def test_forwards() -> None:
    figure = block(lesson("backpropagation"), "Forwards")
    assert figure.name == "Forwards: E = E1 + E2 = 0.0239719"
    nodes = {node.name: node.values for node in figure.nodes}
    assert [nodes[name]["z"] for name in ("h1", "h2")] == [about(0.08, 12), about(0.11, 12)]
    assert [nodes[name]["h"] for name in ("h1", "h2")] == [about(0.519989, 6), about(0.527472, 6)]
    assert [nodes[name]["z"] for name in ("o1", "o2")] == [about(0.444984, 6), about(0.680476, 6)]
    assert [nodes[name]["o"] for name in ("o1", "o2")] == [about(0.609446, 6), about(0.663845, 6)]
    assert [nodes[name]["E"] for name in ("E1", "E2")] == [about(0.0219338, 7), about(0.0020381, 7)]


def test_the_weights_lead_where_the_notes_say() -> None:
    """z1 = w1 x1 + w2 x2, z2 = w3 x1 + w4 x2, and so on: with weights that all differ."""
    weights = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    figure = block(lesson("backpropagation", weights=",".join(map(str, weights))), "Forwards")
    nodes = {node.name: node.values for node in figure.nodes}
    output = {"x1": 0.1, "x2": 0.2, "h1": nodes["h1"]["h"], "h2": nodes["h2"]["h"]}
    for name in ("h1", "h2", "o1", "o2"):
        assert nodes[name]["z"] == pytest.approx(
            sum(output[e.source] * e.value for e in figure.edges if e.target == name)
        )


def test_backwards() -> None:
    rows = {row[0]: row[1:] for row in block(lesson("backpropagation"), "Backwards").rows}
    assert rows["w5"] == (about(0.209446, 6), about(0.238022, 6), about(0.519989, 6), "h1", about(0.0259229, 7))
    assert rows["h1, by o1"][-1] + rows["h1, by o2"][-1] == pytest.approx(rows["w1"][0])
    assert rows["w1"][0] == about(0.0324068, 7)
    assert rows["w1"][-1] == about(0.00080888, 8)


def test_the_update_and_that_every_gradient_is_what_a_nudge_measures() -> None:
    table = block(lesson("backpropagation"), "All weights")
    assert column(table, "new w") == [about(value, 7) for value in NEW]
    assert column(table, "gradient") == pytest.approx(column(table, "by nudging w"), abs=1e-9)


def test_the_error_after_steps_of_several_sizes() -> None:
    errors = dict(zip(*(lambda t: (t.columns, t.rows[0]))(block(lesson("backpropagation"), "E before")), strict=True))
    assert errors["before"] == about(0.0239719, 7)
    assert errors["rate 0.5"] == about(0.0232363, 7)
    assert errors["100 steps"] == about(0.00084897, 8)
    assert [errors[f"rate {rate}"] for rate in (10, 50, 100)] == [about(e, 5) for e in (0.01123, 0.00689, 0.05416)]
    assert "at rate 100 it raises E to 0.05416" in block(lesson("backpropagation"), "A surprise").text


def test_biases_stay_zero() -> None:
    """With them, more than the weights of the notes would learn."""
    example = Example((0.1, 0.2), (0.4, 0.6), (0.3, 0.25, 0.4, 0.35, 0.45, 0.4, 0.7, 0.6))
    assert example.after(0.5, 2).error == example.after(0.5).after(0.5).error


def test_a_target_that_no_output_reaches_is_told() -> None:
    assert "between 0 and 1" in block(lesson("backpropagation", targets="2,3"), "A surprise").text
    assert "between 0 and 1" not in block(lesson("backpropagation", targets="0,1"), "A surprise").text
