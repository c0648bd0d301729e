"""What a page shows in which a model lives, as plain data: the weights, what they are and how they were made small, a
text to begin with, and the units that a text gives a name.

The network alone is taken along: the n-gram counts beside it contain the training text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.datasets.labels import Labels
from rnncli.datasets.pairs import Pairs
from rnncli.datasets.vocabulary import BYTES, Vocabulary
from rnncli.engine.arrays import Ids
from rnncli.errors import InputError, NotFiniteError
from rnncli.evaluation.losses import score_pairs
from rnncli.evaluation.streams import score_in_streams
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig, full_prime, generate, stop_when_finished
from rnncli.inspection.activations import Unit, is_of_running_text, require_language_model
from rnncli.inspection.features.built_in import FEATURES
from rnncli.inspection.interventions.steering import steer
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.statistics.selectivity import UnitScore, best_units, is_long_enough
from rnncli.inspection.views.overview import overview
from rnncli.models.base import Model, PairModel
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import LanguageModel, NextCharacterModel
from rnncli.storage.quantization import FLOAT16, INT8, PackedWeights, pack
from rnncli.training.record import Record

TOLERANCE = 0.001
"""Nats that int8 weights may change the loss by; float16 is taken where they change it by more, or nobody knows."""

MEASURED = 50_000
"""Characters of a text, or symbols of pairs, on which the losses are compared."""

NAMED, READ_FOR_NAMES = 8, 20_000
"""Units that have a name, and characters of the text that gives it."""

STEERED = 4
"""Units of which it is measured at which value they steer: those that learnt most."""

Measure = Callable[[Model], float]
"""The loss of a model."""

SAMPLE_TEMPERATURE = 0.7
SAMPLE, OPENING, EXAMPLES = 480, 160, 6
"""Characters that the model has written, characters of the text that is there to begin with, and examples of pairs."""


@dataclass(frozen=True)
class NamedUnit:
    """Unit ``unit`` of the cell number ``cell`` goes with a ``feature``; ``direction`` says how. Held at ``more``, the
    network writes more of the feature; None where no such value was found,
    or none was sought."""

    cell: int
    unit: int
    feature: str
    direction: str
    more: float | None


@dataclass(frozen=True)
class ModelPage:
    """``losses`` are nats per ``unit`` by what the weights are: trained, and each precision that was tried; they are
    empty where there was no text. ``examples`` are texts and their answers by the model, and ``is_held_out`` says that
    it has not learnt them."""

    path: str
    model: Model
    weights: PackedWeights
    facts: dict[str, str]
    losses: dict[str, float]
    measured_on: str
    sample: str = ""
    opening: str = ""
    units: list[NamedUnit] = field(default_factory=list)
    examples: list[tuple[str, str]] = field(default_factory=list)
    is_held_out: bool = False
    has_counts: bool = False
    """Whether the model has counts beside it, which stay behind."""

    @property
    def kind(self) -> str:
        """The name of the model in the registry of models."""
        return self.model.kind

    def to_json(self) -> dict[str, Any]:
        """What the script of the page needs, but for the bytes of the weights."""
        return {
            "kind": self.kind,
            "network": self.model.config.to_json(),
            "vocabulary": _alphabet(self.model.vocabulary),
            "target": _alphabet(self.model.target) if isinstance(self.model, PairModel) else None,
            "arrays": self.weights.arrays,
            "opening": self.opening,
            "beginsLines": isinstance(self.model, NextCharacterModel) and bool(self.model.opening),
            "examples": [text for text, _ in self.examples],
            "isHeldOut": self.is_held_out,
            "hasCounts": self.has_counts,
            "units": [vars(unit) for unit in self.units],
        }


def _alphabet(symbols: Vocabulary | Labels) -> Any:
    """An alphabet as plain data. Characters are a list: side by side in one string, two surrogates would be a pair."""
    if isinstance(symbols, Labels):
        return list(symbols.symbols)
    return symbols.to_json() | {"characters": list(symbols.characters)}


def model_page(probe: Probe, scores: Sequence[UnitScore] | None = None) -> ModelPage:
    """Pack the model of ``probe``. Losses are compared on its text, or on pairs of the data that the model learnt from,
    if these are at hand. ``scores`` are those of its units, where somebody has them already."""
    model, record, pairs = probe.model, probe.checkpoint.record, _pairs(probe)
    is_held_out = record is not None and record.data.held_out > 0
    source, measure = probe.source, _measure(probe, pairs)
    if record and pairs:
        source = f"{len(pairs):,} {'held-out' if is_held_out else 'training'} lines of {record.data.names}"
    weights, losses = _smallest_weights(model, measure)
    facts = overview(ViewRequest(Probe(probe.checkpoint))).facts
    facts = {name: value for name, value in facts.items() if name != "counts"}
    facts["parameters"] = facts["parameters"].partition(";")[0]
    if "trained on" in facts:
        facts["trained on"] = _without_folders(facts["trained on"], record)
    sample, opening, examples = "", "", _examples(weights.model, pairs)
    if isinstance(weights.model, LabelledLanguageModel):
        texts = _text_of_each_label(weights.model)
        sample, opening = "\n".join(f"{label}: {text}" for label, text in texts), texts[0][1]
    elif isinstance(weights.model, LanguageModel):
        sample = _readable(_sample(weights.model), model)
        opening = _lines(_readable(probe.text(stop=4 * OPENING), model) or sample)
    elif examples:
        opening = examples[0][0]
    return ModelPage(
        Path(probe.path).name,
        model,
        weights,
        facts,
        losses,
        _without_folders(source, record),
        sample,
        opening,
        _named_units(probe, _unit_scores(probe) if scores is None else scores),
        examples,
        is_held_out,
        probe.checkpoint.counts is not None,
    )


def _smallest_weights(model: Model, measure: Measure | None) -> tuple[PackedWeights, dict[str, float]]:
    """The weights in the fewest bytes that change the loss by at most ``TOLERANCE``, and the losses."""
    weights, losses = pack(model, INT8), {}
    if measure:
        losses = {"trained": measure(model), INT8: measure(weights.model)}
        if abs(losses[INT8] - losses["trained"]) <= TOLERANCE:
            return weights, losses
    weights = pack(model, FLOAT16)
    return weights, losses | ({FLOAT16: measure(weights.model)} if measure else {})


def _measure(probe: Probe, pairs: Pairs | None) -> Measure | None:
    """What gives the loss of a model in nats per symbol; None where there is nothing to measure it on."""
    if pairs:
        return lambda model: score_pairs(cast(PairModel, model), pairs).nats
    if len(probe.ids):
        return lambda model: score_in_streams(cast(LanguageModel, model), probe.ids[:MEASURED]).nats
    return None


def _pairs(probe: Probe) -> Pairs | None:
    """Some pairs that a model of pairs has not learnt, or that it has where nothing was held out; None for other
    models, and where the files are gone."""
    dataset = probe.checkpoint.dataset() if isinstance(probe.model, PairModel) else None
    if dataset is None:
        return None
    pairs: Pairs = dataset.validation if probe.checkpoint.data.held_out else dataset.training
    symbols = np.cumsum(pairs.texts.lengths + pairs.targets.lengths)
    return pairs.take(np.arange(len(pairs))[(symbols <= MEASURED) | (symbols == symbols[:1])])


def _without_folders(text: str, record: Record | None) -> str:
    """``text`` with the names of files instead of their paths: a page is for other people."""
    if record is not None:
        for path in filter(None, (*record.data.files, record.data.validation_file)):
            text = text.replace(path, Path(path).name)
    return re.sub(r"(?<!\S)[^\s/]*/(?:[^\s/]+/)*", "", text)


def _lines(text: str) -> str:
    """Some lines of a text, from the beginning of one to the end of one, if they are short enough."""
    text = text[text.find("\n", 0, OPENING) + 1 :].lstrip("\n")
    end = text.rfind("\n", 0, OPENING)
    return text[: end if end > OPENING // 3 else OPENING]


def _readable(text: str, model: Model) -> str:
    """``text``, which a model of bytes holds as one character for each byte, as it is meant."""
    return text.encode("latin-1").decode("utf-8", "replace") if model.vocabulary.encoding == BYTES else text


def _sample(model: LanguageModel) -> str:
    """What the model writes by itself."""
    rng = np.random.default_rng(0)
    prime = full_prime(model, "", rng)
    drawn = generate(model, model.vocabulary.encode(prime), SamplingConfig(SAMPLE_TEMPERATURE), rng)
    return (prime + _decoded(model, drawn, SAMPLE)).lstrip("\n")


def _text_of_each_label(model: LabelledLanguageModel) -> list[tuple[str, str]]:
    """Labels, the first of all, each with a text that the model writes."""
    rng, begin = np.random.default_rng(0), model.vocabulary.encode(BOUNDARY)
    texts = []
    for label in model.target.symbols[:EXAMPLES]:
        drawn = generate(model, begin, SamplingConfig(SAMPLE_TEMPERATURE), rng, label=label)
        texts.append((label, _decoded(model, stop_when_finished(drawn, model.eos), OPENING).rstrip(BOUNDARY)))
    return texts


def _decoded(model: Model, drawn: Iterator[Ids], length: int) -> str:
    """What was ``drawn``, up to a ``length``, or until the model's numbers are out of range."""
    symbols: list[int] = []
    with suppress(NotFiniteError):
        for ids in islice(drawn, length):
            symbols.append(int(ids[0]))
    return model.vocabulary.decode(symbols)


def _examples(model: Model, pairs: Pairs | None) -> list[tuple[str, str]]:
    """Some texts and the answers of the model; a language model answers nothing."""
    if pairs is None or isinstance(model, NextCharacterModel):
        return []
    texts, _ = pairs.padded(np.arange(min(EXAMPLES, len(pairs))))
    decoded = [model.vocabulary.decode(ids[:n]) for ids, n in zip(texts.ids.T.tolist(), texts.lengths, strict=True)]
    return [(prediction.text, prediction.best) for prediction in predict(model, decoded)]


def _unit_scores(probe: Probe) -> list[UnitScore]:
    """How closely units go with features; none where the text is too short to tell."""
    if not is_of_running_text(probe.model) or not is_long_enough(probe):
        return []
    try:
        return best_units(probe.first(READ_FOR_NAMES), list(FEATURES), best=1)
    except InputError:  # no hidden units
        return []


def _named_units(probe: Probe, scores: Sequence[UnitScore]) -> list[NamedUnit]:
    """The units that go with a feature, one for each, those first that learnt most."""
    found: dict[Unit, UnitScore] = {}
    features = set()
    for score in sorted(scores, key=lambda score: -score.learnt):
        if score.is_associated and score.learnt > 0 and score.feature not in features:
            features.add(score.feature)
            found.setdefault(score.unit, score)
    return [_named_unit(probe, score, n < STEERED) for n, score in enumerate(list(found.values())[:NAMED])]


def _named_unit(probe: Probe, score: UnitScore, is_steered: bool) -> NamedUnit:
    cell = require_language_model(probe).network.names.index(score.unit.cell)
    steering = steer(probe, score.unit, score.feature, score.is_binary, effort=0.25) if is_steered else None
    more = steering.value if steering and steering.is_clear else None
    return NamedUnit(cell, score.unit.unit, score.feature, score.direction, more)
