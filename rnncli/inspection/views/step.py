"""What is the arithmetic? Every number of a step of learning on a few characters: forwards, backwards, update."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from rnncli.engine.arrays import Parameters
from rnncli.engine.feedforward import FeedForwardNetwork
from rnncli.errors import InputError
from rnncli.inspection.arithmetic import MAX_PARAMETERS, RATE, Arithmetic, arithmetic
from rnncli.inspection.axes import PADDING, axes, places
from rnncli.inspection.examples import LONGEST, NetworkPass
from rnncli.inspection.request import ViewRequest
from rnncli.models.base import Model
from rnncli.names import CROSS_ENTROPY, MSE, plural
from rnncli.results import BLANK, Block, Table, Value, ViewResult

COLUMNS, ROWS = 6, 12
"""Units, or symbols of an alphabet, and rows of a matrix that are shown of a large network. A table of a small one has
so many columns, to fit on a screen of 80, and is continued in another."""

ONE_HOT = 20
"""The same for the zeros and ones of one-hot vectors."""

SMALL = 1000
"""Parameters of a network that is shown whole."""

DIGITS = 4

NOTE_BACKWARDS = "above: from the output or the layer above; later: from the characters that are read after it"

Row = tuple[int | None, str, str, Any]
"""When, the character that is read, what the numbers are, and the numbers."""


def step(request: ViewRequest) -> ViewResult:
    """Input, weights, sums, gates, states, probabilities and loss; backwards the gradient of each; the update."""
    model, record = request.probe.model, request.probe.checkpoint.record
    if len(request.prime) > LONGEST:
        raise InputError(
            f"step writes out every number, so it takes {LONGEST} characters at most; give it a word: step hell"
        )
    loss = record.options.loss if record else CROSS_ENTROPY
    found = arithmetic(model, request.prime, request.label, request.answer, loss)
    passes = found.example.passes
    blocks: list[Block] = []
    for one in passes:
        blocks += _input(one)
    for name in model.parameters:
        blocks += _matrix(model, found, name, name, {"": model.parameters})
    for one in passes:
        reading = found.readings[one.prefix]
        before: list[Row] = [(None, "", name, values) for name, values in reading.before.items()]
        each: list[Row] = [
            (t, c, name, values[t]) for t, c in enumerate(one.text) for name, values in reading.forward.items()
        ]
        title = f"Forwards{_of(one)}: sums, gates and states, a column per unit"
        blocks += _rows(model, title, before + each, _note_on_sums(one.network))
    blocks += _outputs(model, found, loss)
    if found.gradients is not None and found.updated is not None:
        for one in reversed(passes):
            backward = found.readings[one.prefix].backward
            moved = [t for t in range(len(one.text)) if any(values[t].any() for values in backward.values())]
            each = [(t, one.text[t], name, values[t]) for t in reversed(moved) for name, values in backward.items()]
            blocks += _rows(model, f"Backwards{_of(one)}: ∂L/∂ of each, the last character first", each, NOTE_BACKWARDS)
        versions = {"∂L/∂w": found.gradients, "new w": found.updated}
        for name in model.parameters:
            blocks += _matrix(model, found, name, f"{name}: gradient, and value after the update", versions)
    return ViewResult("", _facts(request, found, loss), blocks, data={"numbers": found.to_json(model)})


def _facts(request: ViewRequest, found: Arithmetic, loss: str) -> dict[str, str]:
    """What is learnt from what, the loss before and after the update, and how much is shown."""
    model, example = request.probe.model, found.example
    facts = {"text": repr(example.passes[0].text)}
    if example.answer is not None:
        whose = "" if request.answer is not None else ", the model's own; name another with --label"
        facts["answer"] = f"{example.answer!r}{whose}"
    if found.losses:
        kind = "mean squared error" if loss == MSE else "nats"
        facts["loss L"] = f"{found.loss:.4f} {kind}, the mean of {plural(len(found.losses), 'prediction')}"
        facts["update"] = f"w − {RATE:g} ∂L/∂w, plain gradient descent; the loss is {found.loss_after:.4f} after it"
    if _is_large(model):
        facts["shown"] = (
            f"the first {COLUMNS} units, {COLUMNS} symbols, {ROWS} rows of a matrix, those with a gradient first; "
            f"--json has all activations, and all weights where there are at most {MAX_PARAMETERS:,}"
        )
    return facts


def _is_large(model: Model) -> bool:
    return model.parameters.flat.size > SMALL


def _of(one: NetworkPass) -> str:
    return f" in the {one.prefix.removesuffix('.')}" if one.prefix else ""


def _note_on_sums(network: Any) -> str:
    if isinstance(network, FeedForwardNetwork):
        return "z is the sum x W_x + b before it is squashed"
    gru = "; of the candidate x W_x + b + reset · q, with q = h W_h + b_hn" if "reset" in network.cell.gates else ""
    return f"z is the sum x W_x + b + h W_h before it is squashed{gru}; without t: before the first character"


def _input(one: NetworkPass) -> list[Block]:
    """What the lowest layer reads: one-hot vectors, or the context of a feed-forward network. Embeddings are among the
    forward numbers."""
    if isinstance(one.network, FeedForwardNetwork):
        size = one.network.context
        padded = PADDING * (size - 1) + one.text
        rows: list[tuple[Value, ...]] = [(t, *padded[t : t + size][::-1]) for t in range(len(one.text))]
        return [Table("x: the last characters", ("t", *places(size)), rows)]
    if one.network.embedding_size:
        return []
    symbols = sorted(set(one.text))
    rows = [(t, c, *(int(c == symbol) for symbol in symbols)) for t, c in enumerate(one.text)]
    left_out = one.network.vocabulary_size - len(symbols)
    note = f"{plural(left_out, 'more column')}, all 0" if left_out else ""
    return _tables(f"{one.prefix}x: a one-hot vector for each character", ("t", "read"), symbols, rows, note, ONE_HOT)


def _rows(model: Model, name: str, rows: Sequence[Row], note: str) -> list[Block]:
    """A table of vectors, each with when and what it is. Those of fewer units end with dashes."""
    if not rows:
        return []
    wide = max(len(values) for *_, values in rows)
    if _is_large(model):
        wide = min(COLUMNS, wide)
    cells: list[tuple[Value, ...]] = []
    for t, character, what, values in rows:
        numbers = _plain(values[:wide])
        cells.append((t, character, what, *numbers, *[None] * (wide - len(numbers))))
    return _tables(name, ("t", "read", "what"), [str(unit) for unit in range(wide)], cells, note)


def _tables(
    name: str,
    heads: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[tuple[Value, ...]],
    note: str,
    wide: int = COLUMNS,
) -> list[Block]:
    """Numbers in ``columns`` behind ``heads`` that say what they are, in tables that are ``wide`` columns each."""
    first, tables = len(heads), []
    for start in range(0, len(columns), wide):
        part = slice(first + start, first + start + wide)
        cut = [(*row[:first], *row[part]) for row in rows if row[part] != (None,) * len(row[part])]
        title = f"{name}, continued" if start else name
        names = (*heads, *map(_heading, columns[start : start + wide]))
        tables.append(Table(title, names, cut, "" if start else note, DIGITS))
    return list(tables)


def _plain(values: Any) -> list[float]:
    return [float(value) + 0.0 for value in values]  # no −0


def _heading(symbol: str) -> str:
    """A blank has to be seen."""
    return BLANK if symbol == " " else symbol


def _outputs(model: Model, found: Arithmetic, loss: str) -> list[Block]:
    """Logits, probabilities and the gradient of the logits; and what came, with its probability and loss."""
    example, shown = found.example, _shown_symbols(model, found)
    rows: list[tuple[Value, ...]] = []
    for n, read in enumerate(example.read):
        rows.append((n, read, "logit", *_plain(found.logits[n, shown])))
        rows.append((n, read, "probability", *_plain(found.probabilities[n, shown])))
        if n < len(found.losses):
            rows.append((n, read, "∂L/∂logit", *_plain(found.d_logits[n, shown])))
    left_out = len(example.alphabet) - len(shown)
    note = (
        f"and {plural(left_out, 'symbol')} more: shown are those that came, then the most probable" if left_out else ""
    )
    if example.is_binary:
        note = "of two labels one has a logit; its probability is σ(logit), the rest is that of the other"
    blocks = _tables("Output", ("t", "read", "what"), [example.alphabet[i] for i in shown], rows, note)
    if found.losses:
        came: list[tuple[Value, ...]] = []
        for n, (target, value) in enumerate(zip(example.targets, found.losses, strict=True)):
            p, name = float(found.probabilities[n, -1 if example.is_binary else target]), example.answer
            if not example.is_binary:
                name = example.alphabet[target]
            elif not target:
                p = 1 - p
            came.append((n, example.read[n], name, p, value))
        unit = "squared error" if loss == MSE else "loss, nats"
        blocks.append(Table("What came", ("t", "read", "came", "probability", unit), came, digits=DIGITS))
    return blocks


def _shown_symbols(model: Model, found: Arithmetic) -> list[int]:
    """In the order of the alphabet: all, or those that came, then the most probable ones."""
    if not _is_large(model):
        return list(range(len(found.example.alphabet)))
    likely = np.argsort(-found.probabilities.mean(axis=0), kind="stable").tolist()
    came = [] if found.example.is_binary else found.example.targets.tolist()
    return sorted(list(dict.fromkeys([*came, *likely]))[:COLUMNS])


def _matrix(model: Model, found: Arithmetic, name: str, title: str, versions: dict[str, Parameters]) -> list[Block]:
    """Versions of one parameter: a column for each output, a row for each input, or some of them."""
    *leading, (what, columns) = axes(model, name)
    leading = [axis for axis in leading if len(axis[1]) > 1]
    matrices = {version: parameters[name].reshape(-1, len(columns)) for version, parameters in versions.items()}
    shown = list(range(min(COLUMNS, len(columns)) if _is_large(model) else len(columns)))
    if what == "to":
        shown = _shown_symbols(model, found)
    labels = list(product(*(elements for _, elements in leading)))
    which = list(range(len(labels)))
    if _is_large(model) and found.gradients is not None:
        moves = np.abs(found.gradients[name].reshape(-1, len(columns))).max(axis=1)
        which.sort(key=lambda row: moves[row] == 0)
    if _is_large(model):
        which = sorted(which[:ROWS])
    rows: list[tuple[Value, ...]] = [
        (*labels[row], *([version] if version else []), *_plain(matrix[row, shown]))
        for row in which
        for version, matrix in matrices.items()
    ]
    note = f"{len(which)} of {plural(len(labels), 'row')}" if len(which) < len(labels) else ""
    if len(shown) < len(columns):
        note += f"{', ' if note else ''}{len(shown)} of {plural(len(columns), 'column')}"
    heads = [head for head, _ in leading] + (["what"] if "" not in versions else [])
    return _tables(title, heads, [columns[n] for n in shown], rows, note)
