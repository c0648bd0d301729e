"""What a page shows in which a model lives, as plain data: the weights, what they are and how they were made small, a
text to begin with, and the units that a text gives a name.

The network alone is taken along: the n-gram counts beside it contain the training text.
"""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.datasets.labels import Labels
from rnncli.datasets.pairs import Pairs
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.arrays import Ids
from rnncli.errors import InputError
from rnncli.evaluation.losses import score_pairs
from rnncli.evaluation.streams import score_in_streams
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig, default_prime, generate, stop_when_finished
from rnncli.inspection.activations import is_of_running_text
from rnncli.inspection.association import SMALLEST_SHIFT
from rnncli.inspection.features import FEATURES
from rnncli.inspection.probe import Probe
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.overview import overview
from rnncli.inspection.views.units import best_units
from rnncli.models.base import Model, PairModel
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import NextCharacterModel
from rnncli.storage.quantization import FLOAT16, INT8, PackedWeights, pack
from rnncli.training.record import Record

TOLERANCE = 0.001
"""Nats that int8 weights may change the loss by; float16 is taken where they change it by more, or nobody knows."""

MEASURED = 50_000
"""Characters of a text, or symbols of pairs, on which the losses are compared."""

NAMED, READ_FOR_NAMES = 8, 20_000
"""Units that have a name, and characters of the text that gives it."""

SAMPLE, OPENING, EXAMPLES = 480, 160, 6
"""Characters that the model has written, characters of the text that is there to begin with, and examples of pairs."""


@dataclass(frozen=True)
class NamedUnit:
    """Unit ``unit`` of the cell number ``cell`` goes with a ``feature``; it is low there where ``sign`` is −1."""

    cell: int
    unit: int
    feature: str
    sign: int


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
            "examples": [text for text, _ in self.examples],
            "isHeldOut": self.is_held_out,
            "units": [vars(unit) for unit in self.units],
        }


def _alphabet(symbols: Vocabulary | Labels) -> Any:
    """An alphabet as plain data. Characters are a list: side by side in one string, two surrogates would be a pair."""
    if isinstance(symbols, Labels):
        return list(symbols.symbols)
    return symbols.to_json() | {"characters": list(symbols.characters)}


def model_page(probe: Probe) -> ModelPage:
    """Pack the model of ``probe``; losses are compared on its text, or on the pairs that the model learnt from, if
    they are at hand."""
    model, record, pairs, source = probe.model, probe.checkpoint.record, _pairs(probe), probe.source
    is_held_out = record is not None and record.data.held_out > 0
    if pairs is not None:
        source = f"{len(pairs):,} {'held-out' if is_held_out else 'training'} lines of {probe.checkpoint.data.names}"
    losses, weights = {}, pack(model, INT8)
    if len(probe.ids) or pairs is not None:
        losses = {"trained": _loss(model, probe, pairs), INT8: _loss(weights.model, probe, pairs)}
    if not losses or abs(losses[INT8] - losses["trained"]) > TOLERANCE:
        weights = pack(model, FLOAT16)
        if losses:
            losses[FLOAT16] = _loss(weights.model, probe, pairs)
    facts = overview(ViewRequest(Probe(probe.checkpoint))).facts
    facts = {name: _without_folders(value, record) for name, value in facts.items() if name != "counts"}
    facts["parameters"] = facts["parameters"].partition(";")[0]
    sample = _sample(weights.model) if isinstance(weights.model, NextCharacterModel) else ""
    examples = [] if pairs is None else _examples(weights.model, pairs)
    text = probe.text(stop=4 * OPENING) if len(probe.ids) else examples[0][0] if examples else sample
    if isinstance(model, LabelledLanguageModel):
        text = text.partition("\n")[0].removeprefix(f"{model.target.symbols[0]}: ")
    return ModelPage(
        Path(probe.path).name,
        model,
        weights,
        facts,
        losses,
        _without_folders(source, record),
        sample,
        _opening(text),
        _named_units(probe),
        examples,
        is_held_out,
        probe.checkpoint.counts is not None,
    )


def _without_folders(text: str, record: Record | None) -> str:
    """``text`` with the names of the training files instead of their paths: a page is for other people."""
    for path in record.data.files if record else ():
        text = text.replace(path, Path(path).name)
    return text


def _opening(text: str) -> str:
    """Some lines of a text, from the beginning of one to the end of one, if they are short enough."""
    start = text.find("\n", 0, OPENING) + 1
    start += len(text[start:]) - len(text[start:].lstrip("\n"))
    end = text.rfind("\n", start, start + OPENING)
    return text[start : end if end > start + OPENING // 3 else start + OPENING]


def _pairs(probe: Probe) -> Pairs | None:
    """Pairs to compare losses on: the held-out ones of a model of pairs, or its training pairs where nothing was held
    out; None for other models, and where the files are gone."""
    if not isinstance(probe.model, PairModel):
        return None
    dataset = probe.checkpoint.dataset()
    if dataset is None:
        return None
    pairs: Pairs = dataset.validation if probe.checkpoint.data.held_out else dataset.training
    sizes = np.cumsum(pairs.texts.lengths + pairs.targets.lengths)
    return pairs.take(np.arange(max(1, int(np.searchsorted(sizes, MEASURED)))) % len(pairs)) if len(pairs) else None


def _loss(model: Model, probe: Probe, pairs: Pairs | None) -> float:
    """Nats per symbol."""
    if isinstance(model, PairModel):
        assert pairs is not None
        return score_pairs(model, pairs).nats
    return score_in_streams(model, probe.ids[:MEASURED]).nats  # type: ignore[arg-type]


def _sample(model: NextCharacterModel) -> str:
    """What the model writes; of a labelled one a text of each of some labels."""
    rng, config = np.random.default_rng(0), SamplingConfig(temperature=0.7)
    if isinstance(model, LabelledLanguageModel):
        lines = []
        for label in model.target.symbols[:EXAMPLES]:
            drawn = stop_when_finished(
                generate(model, model.vocabulary.encode(BOUNDARY), config, rng, label=label), model.eos
            )
            lines.append(f"{label}: {_decoded(model, drawn, 80).rstrip(BOUNDARY)}")
        return "\n".join(lines)
    prime = default_prime(model, rng)
    return (prime + _decoded(model, generate(model, model.vocabulary.encode(prime), config, rng), SAMPLE)).lstrip("\n")


def _decoded(model: Model, drawn: Any, length: int) -> str:
    return model.vocabulary.decode(int(ids[0]) for ids in islice(drawn, length))


def _examples(model: Model, pairs: Pairs) -> list[tuple[str, str]]:
    """Some texts of the pairs and their answers; a labelled language model answers nothing."""
    if isinstance(model, NextCharacterModel):
        return []
    texts = [model.vocabulary.decode(map(int, _ids(pairs, n))) for n in range(min(EXAMPLES, len(pairs)))]
    return [(prediction.text, prediction.best) for prediction in predict(model, texts)]


def _ids(pairs: Pairs, n: int) -> Ids:
    padded, _ = pairs.padded(np.array([n]))
    return padded.ids[: int(padded.lengths[0]), 0]


def _named_units(probe: Probe) -> list[NamedUnit]:
    """The units that go with a feature, those first that learnt most; none where the text is too short to tell."""
    if not is_of_running_text(probe.model) or len(probe.ids) <= 6 * SMALLEST_SHIFT:
        return []
    try:
        scores = best_units(probe.first(READ_FOR_NAMES), list(FEATURES), best=1)
    except InputError:  # no hidden units
        return []
    found: dict[tuple[int, int], NamedUnit] = {}
    for score in sorted(scores, key=lambda score: -score.learnt):
        if score.is_associated and score.learnt > 0:
            cell = probe.model.network.names.index(score.unit.cell)
            found.setdefault((cell, score.unit.unit), NamedUnit(cell, score.unit.unit, score.feature, score.sign))
    return list(found.values())[:NAMED]
