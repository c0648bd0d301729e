"""What a model is and where it comes from: all that its file says, as plain data and in words."""

import math
from typing import Any

from rnncli.datasets.labels import Labels
from rnncli.datasets.spec import PAIRS
from rnncli.datasets.vocabulary import BYTES
from rnncli.models.base import PairModel
from rnncli.models.mixture import MIXTURE
from rnncli.models.score import perplexity
from rnncli.names import CLASS_WEIGHTS, MSE, file_size, listed, plural
from rnncli.results import BLANK
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.record import Record

ANSWERS = {"labels": "labels", "tags": "tags", "target_vocabulary": "target alphabet"}
"""What the second alphabet of a model of pairs is called as data and in words."""

SYMBOLS = 60
"""Symbols of an alphabet, or characters of a list of labels, that are shown."""


def model_info(loaded: Checkpoint, size: int) -> dict[str, Any]:
    """Of a model file of ``size`` bytes.

    ``data``, ``training`` and ``quality`` are None where the file does not say what it was trained on, and ``counts``
    where there is a network alone. Losses are in nats per ``unit``. ``software`` has an entry for each set of versions
    that the run has seen, and none in older files. ``contains_text`` says whether the training text can be read off the
    file.
    """
    model, record, counts = loaded.model, loaded.record, loaded.counts
    info: dict[str, Any] = {
        "model": loaded.path,
        "bytes": size,
        "task": model.task,
        "kind": model.kind,
        "what": model.noun,
        "unit": model.unit,
        "network": {**model.config.to_json(), "description": model.config.describe()},
        "parameters": model.parameters.flat.size,
        "vocabulary": model.vocabulary.to_json(),
    }
    if isinstance(model, PairModel):
        symbols = model.target.symbols
        info[model.target_key] = list(symbols) if isinstance(model.target, Labels) else symbols
    return info | {
        "data": record.data.to_json() if record else None,
        "training": _training(record) if record else None,
        "quality": _quality(record) if record else None,
        "software": list(record.software) if record else [],
        "counts": {
            "order": counts.model.order,
            "weight": counts.weight,
            "characters": len(counts.model.index),
            "held_out": counts.held_out,
        }
        if counts
        else None,
        "contains_text": counts is not None,
    }


def _training(record: Record) -> dict[str, Any]:
    """How far the run has come, and its options."""
    return {"steps_done": record.state["step"], "epochs_done": record.epochs, **record.options.to_json()}


def _quality(record: Record) -> dict[str, Any]:
    """The lowest validation loss, in nats, at the step whose weights are kept, and the training loss there; where that
    is the mean squared error, also that of what was held out."""
    entry, best = record.kept, record.state["best_loss"]
    squared = {"validation_mse": entry.get("validation_mse")} if record.options.loss == MSE else {}
    return {
        "step": entry.get("step"),
        "training_loss": entry.get("loss"),
        "validation_loss": best,
        "validation_bits": None if best is None else best / math.log(2),
        "validation_perplexity": None if best is None else perplexity(best),
        "validation_accuracy": entry.get("validation_accuracy"),
        **squared,
    }


def info_facts(info: dict[str, Any]) -> dict[str, str]:
    """A :func:`model_info` in words, a line each."""
    network, vocabulary, data = info["network"], info["vocabulary"], info["data"]
    characters = vocabulary["characters"]
    inputs = f"input embedding of {network['embedding_size']}" if network["embedding_size"] else "one-hot input"
    symbol = "byte" if vocabulary["encoding"] == BYTES else "character"
    facts = {
        "what": f"{info['what']}: {network['description']}, {inputs}, dropout {network['dropout']:g}",
        "size": f"{plural(info['parameters'], 'parameter')}, {file_size(info['bytes'])}",
        "alphabet": f"{plural(len(characters), symbol)}: {_beginning(characters.replace(' ', BLANK))}",
    }
    for key, name in ANSWERS.items():
        if key in info:
            symbols = info[key]
            shown = symbols.replace(" ", BLANK) if isinstance(symbols, str) else ", ".join(symbols)
            facts[name] = f"{len(symbols):,}: {_beginning(shown)}"
    if data is None:
        return facts | {"trained on": "the file does not say"}
    is_pairs, counts = data["format"] == PAIRS, info["counts"]
    learnt = plural(data["training"], "line" if is_pairs else "character")
    facts["trained on"] = f"{listed(data['files'])}: {learnt}, and {data['held_out']:,} held out"
    facts["SHA-256"] = data["sha256"]
    facts["learning"] = _learning(info["training"], is_pairs)
    facts["quality"] = quality_in_words(info)
    if counts is not None:
        of = f"{counts['order']}-gram model of {plural(counts['characters'], 'character')}"
        facts["counts"] = f"{of}, weight {counts['weight']:.2f}: the file contains this text"
    for number, software in enumerate(info["software"], start=1):
        facts["trained with" if number == 1 else f"then with ({number})"] = _versions(software)
    return facts


def _learning(training: dict[str, Any], is_pairs: bool) -> str:
    batch = plural(training["batch_size"], "line" if is_pairs else "stream")
    window = "" if is_pairs else f" × {plural(training['seq_length'], 'character')}"
    weights = ", balanced class weights" if training["class_weights"] != CLASS_WEIGHTS[0] else ""
    epochs = f"{training['epochs_done']:.3g}"
    steps = f"{plural(training['steps_done'], 'step')} of {batch}{window}"
    rate = f"{training['optimizer']} at {training['learning_rate']:g}, {training['schedule']}"
    return f"{steps} ({epochs} {'epoch' if epochs == '1' else 'epochs'}), {rate}, seed {training['seed']}{weights}"


def quality_in_words(info: dict[str, Any]) -> str:
    """The loss on held-out text, or that of the training where nothing was held out."""
    quality, per, kind = info["quality"], f"per {info['unit']}", info["training"]["loss"]
    loss, squared = quality["training_loss"], quality.get("validation_mse")
    if quality["validation_loss"] is None:
        return "nothing was held out" + ("" if loss is None else f"; {in_words('training loss', loss, kind, per)}")
    words = [
        f"validation loss {quality['validation_loss']:.4f} nats",
        f"{quality['validation_bits']:.4f} bits {per}",
        f"perplexity {quality['validation_perplexity']:.2f}",
    ]
    if quality["validation_accuracy"] is not None:
        words.append(f"accuracy {quality['validation_accuracy']:.1%}")
    if squared is not None:
        words.append(f"mean squared error {squared:.4f} (in training {loss:.4f})")
    together = (info["counts"] or {}).get("held_out", {}).get(MIXTURE)
    return ", ".join(words) + ("" if together is None else f"; together with the counts {together:.4f} nats")


def in_words(name: str, loss: float, kind: str, per: str) -> str:
    """A loss with its unit; ``kind`` is one of LOSSES."""
    return f"{name} {loss:.4f} {per} (mean squared error)" if kind == MSE else f"{name} {loss:.4f} nats {per}"


def _versions(software: dict[str, str]) -> str:
    """rnncli 0.2.0, Python 3.11.7, NumPy 2.4.6, scipy-openblas 0.3 Haswell, Linux x86_64"""
    own = f"rnncli {software['rnncli']}, Python {software['python']}, NumPy {software['numpy']}"
    return f"{own}, {software['blas']}, {software['platform']}"


def _beginning(symbols: str) -> str:
    return symbols[:SYMBOLS] + (" …" if len(symbols) > SYMBOLS else "")
