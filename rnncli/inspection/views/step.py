"""What is the arithmetic? Every number of a step of learning on a few characters: forwards, backwards, update."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from rnncli.engine.arrays import Parameters
from rnncli.engine.feedforward import FeedForwardNetwork
from rnncli.errors import InputError
from rnncli.inspection.arithmetic import RATE, Arithmetic, Numbers, arithmetic
from rnncli.inspection.axes import PADDING, axes, places
from rnncli.inspection.examples import LONGEST, NetworkPass
from rnncli.inspection.request import ViewRequest
from rnncli.models.base import Model
from rnncli.names import CROSS_ENTROPY, MSE, plural
from rnncli.results import BLANK, Block, Table, Value, ViewResult

COLUMNS, ROWS = 8, 12
"""Units, or symbols of an alphabet, and rows of a matrix that are shown of a large network."""

SMALL = 1000
"""Parameters of a network of which all rows are shown."""

MAX_PARAMETERS = 20_000
"""Parameters of a model that ``--json`` writes out."""

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
    blocks: list[Block] = [_input(one) for one in passes if not _is_embedded(one)]
    blocks += [_matrix(model, found, name, name, {"": model.parameters}) for name in model.parameters]
    for one in passes:
        reading = found.readings[one.prefix]
        before: list[Row] = [(None, "", name, values) for name, values in reading.before.items()]
        each: list[Row] = [
            (t, c, name, values[t]) for t, c in enumerate(one.text) for name, values in reading.forward.items()
        ]
        title = f"Forwards{_of(one)}: sums, gates and states, a column per unit"
        blocks += _rows(title, before + each, _note_on_sums(one.network))
    blocks += _outputs(found, loss)
    if found.gradients is not None and found.updated is not None:
        for one in reversed(passes):
            backward = found.readings[one.prefix].backward
            moved = [t for t in range(len(one.text)) if any(values[t].any() for values in backward.values())]
            each = [(t, one.text[t], name, values[t]) for t in reversed(moved) for name, values in backward.items()]
            blocks += _rows(f"Backwards{_of(one)}: ∂L/∂ of each, the last character first", each, NOTE_BACKWARDS)
        versions = {"∂L/∂w": found.gradients, "new w": found.updated}
        for name in model.parameters:
            blocks.append(_matrix(model, found, name, f"{name}: gradient, and value after the update", versions))
    return ViewResult("", _facts(request, found, loss), blocks, data={"numbers": _data(model, found)})


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
    if _is_large(model) or any(shape[-1] > COLUMNS for shape in model.parameters.shapes.values()):
        rows = f", {ROWS} rows of a matrix, those with a gradient first" if _is_large(model) else ""
        whole = f"--json has all activations, and all weights where there are at most {MAX_PARAMETERS:,}"
        facts["shown"] = f"{COLUMNS} units or symbols{rows}; {whole}"
    return facts


def _is_large(model: Model) -> bool:
    return model.parameters.flat.size > SMALL


def _of(one: NetworkPass) -> str:
    return f" in the {one.prefix.removesuffix('.')}" if one.prefix else ""


def _note_on_sums(network: Any) -> str:
    if isinstance(network, FeedForwardNetwork):
        return "z is the sum x W_x + b before it is squashed"
    gru = "; of the candidate x W_x + b + reset · (h W_h + b_hn)" if "reset" in network.cell.gates else ""
    return f"z is the sum x W_x + b + h W_h before it is squashed{gru}; without t: before the first character"


def _is_embedded(one: NetworkPass) -> bool:
    return not isinstance(one.network, FeedForwardNetwork) and bool(one.network.embedding_size)


def _input(one: NetworkPass) -> Table:
    """What the lowest layer reads: one-hot vectors, or the context of a feed-forward network."""
    if isinstance(one.network, FeedForwardNetwork):
        size = one.network.context
        padded = PADDING * (size - 1) + one.text
        rows: list[tuple[Value, ...]] = [(t, *padded[t : t + size][::-1]) for t in range(len(one.text))]
        return Table("x: the last characters", ("t", *places(size)), rows)
    symbols = sorted(set(one.text))
    rows = [(t, c, *(int(c == symbol) for symbol in symbols)) for t, c in enumerate(one.text)]
    left_out = one.network.vocabulary_size - len(symbols)
    note = f"{plural(left_out, 'more column')}, all 0" if left_out else ""
    columns = ("t", "read", *map(_heading, symbols))
    return Table(f"{one.prefix}x: a one-hot vector for each character", columns, rows, note)


def _rows(name: str, rows: Sequence[Row], note: str) -> list[Block]:
    """A table of vectors, each with when and what it is. Those of fewer units end with dashes."""
    if not rows:
        return []
    wide = min(COLUMNS, max(len(values) for *_, values in rows))
    cells: list[tuple[Value, ...]] = []
    for t, character, what, values in rows:
        numbers = _plain(values[:wide])
        cells.append((t, character, what, *numbers, *[None] * (wide - len(numbers))))
    return [Table(name, ("t", "read", "what", *map(str, range(wide))), cells, note, _digits(wide))]


def _plain(values: Any) -> list[float]:
    return [float(value) + 0.0 for value in values]  # no −0


def _heading(symbol: str) -> str:
    """A blank has to be seen."""
    return BLANK if symbol == " " else symbol


def _digits(columns: int) -> int:
    """As many as fit on a screen of 80 columns."""
    return 4 if columns <= 6 else 3


def _outputs(found: Arithmetic, loss: str) -> list[Block]:
    """Logits, probabilities and the gradient of the logits; and what came, with its probability and loss."""
    example, shown = found.example, _shown_symbols(found)
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
    names = [_heading(example.alphabet[i]) for i in shown]
    blocks: list[Block] = [Table("Output", ("t", "read", "what", *names), rows, note, _digits(len(names)))]
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
        blocks.append(Table("What came", ("t", "read", "came", "probability", unit), came, digits=4))
    return blocks


def _shown_symbols(found: Arithmetic) -> list[int]:
    """In the order of the alphabet: those that came, then the most probable ones."""
    likely = np.argsort(-found.probabilities.mean(axis=0), kind="stable").tolist()
    came = [] if found.example.is_binary else found.example.targets.tolist()
    return sorted(list(dict.fromkeys([*came, *likely]))[:COLUMNS])


def _matrix(model: Model, found: Arithmetic, name: str, title: str, versions: dict[str, Parameters]) -> Table:
    """Versions of one parameter: a column for each output, a row for each input, or some of them."""
    *leading, (what, columns) = axes(model, name)
    leading = [axis for axis in leading if len(axis[1]) > 1]
    matrices = {version: parameters[name].reshape(-1, len(columns)) for version, parameters in versions.items()}
    shown = _shown_symbols(found) if what == "to" else list(range(min(COLUMNS, len(columns))))
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
    return Table(title, (*heads, *(_heading(columns[n]) for n in shown)), rows, note, _digits(len(shown)))


def _data(model: Model, found: Arithmetic) -> dict[str, Any]:
    """All numbers, for ``--json``: forward and backward ones by name, a list for each character; N predictions; the
    parameters as they are, their gradients, and after the update."""

    def named(which: str) -> dict[str, Any]:
        passes: dict[str, Numbers] = {prefix: getattr(one, which) for prefix, one in found.readings.items()}
        return {prefix + name: values.tolist() for prefix, one in passes.items() for name, values in one.items()}

    numbers: dict[str, Any] = {
        "alphabet": list(found.example.alphabet),
        "before": named("before"),
        "forward": named("forward"),
        "backward": named("backward"),
        "targets": found.example.targets.tolist(),
        "logits": found.logits.tolist(),
        "probabilities": found.probabilities.tolist(),
        "logit_gradients": found.d_logits.tolist(),
        "losses": found.losses,
        "loss": found.loss if found.losses else None,
        "loss_after_update": found.loss_after if found.losses else None,
        "learning_rate": RATE,
    }
    if model.parameters.flat.size <= MAX_PARAMETERS and found.gradients is not None and found.updated is not None:
        numbers["parameters"] = {
            name: {
                "value": values.tolist(),
                "gradient": found.gradients[name].tolist(),
                "updated": found.updated[name].tolist(),
            }
            for name, values in model.parameters.items()
        }
    return numbers
