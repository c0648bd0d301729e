"""What is this model, and is it healthy? What its file says, what it expects of a prime, and its health on a text."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnncli.datasets.spec import TEXT
from rnncli.inspection.activations import read, recurrent_cell, require_language_model
from rnncli.inspection.info import in_words
from rnncli.inspection.prime import PrimeStep, read_prime
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.selectivity import is_long_enough
from rnncli.inspection.views.errors import ORDER, ngram_probabilities
from rnncli.inspection.views.learning import learning_curves
from rnncli.inspection.views.memory import memory_length
from rnncli.models.base import Model, PairModel
from rnncli.models.mixture import MIXTURE
from rnncli.models.score import perplexity
from rnncli.names import MSE, plural
from rnncli.results import BLANK, Block, Heatmap, Table, ViewResult, with_numbers
from rnncli.training.record import Record

CHARACTERS = 30_000
MOST_SELECTIVE = 5
SYMBOLS = 60
"""Symbols of an alphabet, or characters of a list of labels, that are shown."""

DEAD = 0.01
"""A unit is dead whose hidden state varies by less than this (standard deviation)."""

SATURATED, MOSTLY = 0.98, 0.9
"""A unit is saturated that is beyond ± the first for more than the second of the time."""


def overview(request: ViewRequest) -> ViewResult:
    """The model file in short; with a text the health of the network, and with a prime what it expects there."""
    probe = request.probe
    data = file_data(probe.model, probe.checkpoint.record)
    steps = read_prime(probe.model, request.prime, label=request.label)
    found = health(request) if len(probe.ids) else None
    facts = _facts(data, probe.model)
    blocks: list[Block] = list(learning_curves(probe)) if len(data["history"]) > 1 else []
    if (counts := probe.checkpoint.counts) is not None:
        together = f"; {counts.held_out[MIXTURE]:.4f} nats together with the network" if counts.held_out else ""
        facts["counts"] = f"{counts.model.order}-gram model, weight {counts.weight:.2f}{together}"
    following: Sequence[str] = ()
    if found:
        facts |= found.facts
        blocks += found.blocks
        following = found.next
    blocks += _expected(steps, request.layer or probe.model.config.layers)
    more = {"prime": [step.to_json() for step in steps], "health": found.to_json() if found else None}
    source = found.text if found else probe.source
    return ViewResult(source, facts, blocks, following, data=data | more, tables=_tables(data))


def file_data(model: Model, record: Record | None) -> dict[str, Any]:
    """What the model file says, as plain data.

    ``history`` has the evaluations with ``step``, ``loss``, the training loss, and, where a part was held out,
    ``validation_loss``, in nats per ``unit`` of the model, and for the mean squared error ``validation_mse``;
    ``best_validation_loss`` is the lowest validation loss, None where there is none.
    """
    state = record.state if record else {"step": 0, "history": [], "best_loss": None}
    best = state["best_loss"]
    return {
        "task": model.task,
        "network": model.config.to_json(),
        "vocabulary": model.vocabulary.to_json(),
        **({model.target_key: model.target.symbols} if isinstance(model, PairModel) else {}),
        "parameters": [
            {"name": name, "shape": values.shape, "size": values.size} for name, values in model.parameters.items()
        ],
        "total_parameters": model.parameters.flat.size,
        "corpus": _corpus(record) if record else {},
        "options": record.options.to_json() if record else {},
        "steps": state["step"],
        "epochs": record.epochs if record else 0.0,
        "history": state["history"],
        "best_validation_loss": best,
        "bits_per_character": None if best is None else best / math.log(2),
        "perplexity": None if best is None else perplexity(best),
    }


def _corpus(record: Record) -> dict[str, Any]:
    """The data under the names that ``--json`` has had from the first: ``held_out`` is what the user asked for, and
    ``validation`` the count."""
    spec = record.data
    return {
        "names": list(spec.files),
        "training": spec.training,
        "validation": spec.held_out,
        "held_out": spec.validation,
        "tails": spec.split_streams,
        "steps_in_epoch": record.state["steps_per_epoch"],
        "sha256": spec.sha256,
    }


def _facts(data: Mapping[str, Any], model: Model) -> dict[str, str]:
    """What the file says, in a few words each."""
    network, corpus, options = model.config, data["corpus"], data["options"]
    inputs = f"embedding of {network.embedding_size}" if network.embedding_size else "one-hot"
    symbols = data["vocabulary"]["characters"]
    facts = {
        "task": data["task"],
        "network": f"{network.describe()}, {inputs} input, dropout {network.dropout:g}",
        "parameters": f"{data['total_parameters']:,} in {plural(len(data['parameters']), 'array')}; "
        "see the view weights",
        "alphabet": f"{plural(len(symbols), 'character')}: {_beginning(symbols.replace(' ', BLANK))}",
    }
    if isinstance(model, PairModel):
        answers = model.target.symbols
        names = answers if isinstance(answers, str) else ", ".join(answers)
        facts[model.target_key.replace("_", " ")] = f"{len(answers):,}: {_beginning(names)}"
    if corpus:
        first, *more = corpus["names"]
        unit = "character" if model.data_format == TEXT else "line"
        sources = f"{first} and {plural(len(more), 'more file')}" if more else first
        facts["trained on"] = f"{sources}, {plural(corpus['training'], unit)}, {corpus['validation']:,} held out"
        batch, epochs = options["batch_size"], f"{data['epochs']:.3g}"
        read = f"{batch} × {plural(options['seq_length'], unit)}" if model.data_format == TEXT else plural(batch, unit)
        facts["learning"] = (
            f"{plural(data['steps'], 'step')} of {read} "
            f"({epochs} {'epoch' if epochs == '1' else 'epochs'}), "
            f"{options['optimizer']} at {options['learning_rate']:g}, {options['schedule']}"
        )
    per = f"per {model.unit}"
    if data["best_validation_loss"] is not None:
        facts["validation"] = (
            f"{data['best_validation_loss']:.4f} nats, {data['bits_per_character']:.4f} bits {per}, "
            f"perplexity {data['perplexity']:.2f}"
        )
    elif data["history"]:
        last = in_words("", data["history"][-1]["loss"], options["loss"], per).strip()
        facts["last loss"] = f"{last}; nothing was held out"
    return facts


def _beginning(symbols: str) -> str:
    return symbols[:SYMBOLS] + (" …" if len(symbols) > SYMBOLS else "")


def _tables(data: Mapping[str, Any]) -> list[Table]:
    """The numbers of the whole, the parameters, the evaluations."""
    whole = {"task": data["task"], **data["network"], "parameters": data["total_parameters"]}
    whole |= {name: data[name] for name in ("steps", "epochs", "best_validation_loss", "bits_per_character")}
    shapes = [(array["name"], " × ".join(map(str, array["shape"])), array["size"]) for array in data["parameters"]]
    columns = ("step", "loss", "validation_loss", *(["validation_mse"] if data["options"].get("loss") == MSE else []))
    return [
        Table("Model", ("name", "value"), list(whole.items())),
        Table("Parameters", ("name", "shape", "elements"), shapes),
        Table("Learning", columns, [[entry.get(name) for name in columns] for entry in data["history"]]),
    ]


def _expected(steps: list[PrimeStep], layer: int) -> list[Block]:
    """What is expected at each character of a prime, and the hidden states of ``layer`` (1 is the lowest) there."""
    if not steps:
        return []
    read = [step.character for step in steps]
    rows = [(step.character, with_numbers(step.expected, ".3f")) for step in steps]
    blocks: list[Block] = [Table("What it expects at each character", ("read", "expected, with probability"), rows)]
    for cell, direction in ((f"l{layer}", ""), (f"l{layer}r", ", reading from the end")):
        if cell in steps[0].hidden:
            states = [step.hidden[cell].tolist() for step in steps]
            units = [f"{cell.removeprefix('l')}:{unit}" for unit in range(len(states[0]))]
            blocks.append(Heatmap(f"Hidden state of layer {layer}{direction}, a cell per unit", read, units, states))
    return blocks


def health(request: ViewRequest) -> ViewResult:
    """Loss against an n-gram model, dead and saturated units, the most selective units, in the first ``CHARACTERS``;
    the length of the memory is that of the view memory, which looks at places in all of the text."""
    probe = request.probe.first(CHARACTERS)
    model = require_language_model(probe)
    names = [f"{cell}.hidden" for cell in model.network.names]
    reading = read(probe, names)
    bits = reading.losses.mean() / np.log(2)
    known, _, where = ngram_probabilities(probe)
    of_ngram = -np.log2(known[1:]).mean()
    facts = {"loss here": f"{bits:.4f} bits per character; a {ORDER}-gram model of {where} has {of_ngram:.4f}"}
    if names:
        hidden = np.concatenate([reading.values[name] for name in names], axis=1)
        dead = float(np.mean(hidden.std(axis=0) < DEAD))
        saturated = float(np.mean((np.abs(hidden) > SATURATED).mean(axis=0) > MOSTLY))
        facts["units"] = f"{dead:.1%} dead, {saturated:.1%} saturated"
    if recurrent_cell(model):
        of_all = ", in all of the text" if len(request.probe.ids) > len(probe.ids) else ""
        facts["memory"] = f"{memory_length(request.probe, request.effort)}{of_all}"
    blocks: list[Block] = []
    following = [request.command("text"), request.command("memory")]
    if names and is_long_enough(probe):
        selective = _most_selective(request)
        blocks.append(selective)
        if selective.rows:
            feature, unit = selective.rows[0][:2]
            following = [
                request.command("units"),
                request.command("ablate", unit=str(unit), feature=str(feature)),
            ]
    question = "Is it healthy, and what is notable?"
    return ViewResult(probe.source, facts, blocks, following, question, "overview")


def _most_selective(request: ViewRequest) -> Table:
    """The units that go more closely with a feature than any of an untrained network, those first that learnt most."""
    best = {score.feature: score for score in reversed(request.unit_scores)}.values()  # the first for each feature
    scores = [score for score in best if score.is_associated and score.learnt > 0]
    scores = sorted(scores, key=lambda score: -score.learnt)[:MOST_SELECTIVE]
    rows = [(s.feature, str(s.unit), s.direction, s.auc_or_r, s.untrained, s.learnt) for s in scores]
    columns = ("feature", "unit", "direction", "AUC or r", "untrained", "learnt")
    return Table("The most selective units", columns, rows)
