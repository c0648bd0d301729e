"""The film of a run: what a model writes in the course of its training, from the same random numbers each time, so that
one sees noise become words.

It stands in the model file beside the history. A frame is ``{"step", "loss", "text"}``: the step after which the text
was written, and the mean training loss since the evaluation before it; that of the first step where the model was
untrained.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from rnncli.datasets.dataset import Dataset
from rnncli.datasets.pairs import PairDataset
from rnncli.errors import NotFiniteError
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inference.prediction import predict
from rnncli.inference.sampling import SamplingConfig
from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.mixture import Writer
from rnncli.models.translator import Translator
from rnncli.training.options import Check, TrainingOptions, integer, number

MAX_FRAMES, MAX_LENGTH = 20, 120
"""Frames of a film, and characters of each: some kilobytes in all."""

TEMPERATURE = 0.7

MIN_LEARNT = 30
"""Characters that each stream learns between two frames, for each that the earlier one has: writing goes one character
at a time as learning does, but in one stream and without a way back. So a film takes less than a hundredth of a run."""

FRAME: dict[str, Check] = {
    "step": integer(),
    "loss": number(),
    "text": lambda value: isinstance(value, str) and len(value) <= MAX_LENGTH,
}

NO_FILM: dict[str, Any] = {"prompt": "", "frames": [], "end": None}
"""Of a model that writes no text, or of a run that an earlier version has begun and not gone on with."""


class Film:
    """The ``frames`` of a run on ``dataset``, and that of its ``end``, where none was due: a run that goes on drops it,
    so that it gives the same file as one that never ended. ``prompt`` is what they are written for: the label of a
    labelled text, or the text that is translated; "" for running text."""

    def __init__(self, dataset: Dataset, options: TrainingOptions) -> None:
        self.prompt = ""
        self.frames: list[dict[str, Any]] = []
        self.end: dict[str, Any] | None = None
        self._dataset, self._seed = dataset, [options.seed, 6]
        self._length = min(MAX_LENGTH, dataset.characters)
        self._per_step = dataset.characters_per_step(1, options.seq_length)  # characters of a stream

    def write(self, model: Any) -> str | None:
        """The text of a frame, by ``model``; nothing else changes. None for a model that writes no text."""
        writer = WRITERS.get(model.kind)
        written = writer(model, self._dataset, self._seed, self._length) if writer else None
        if written is None:
            return None
        self.prompt, text = (part[:MAX_LENGTH] for part in written)
        return text

    def is_due(self, step: int) -> bool:
        """Whether enough was learnt since the last frame."""
        if not self.frames:
            return True
        last = self.frames[-1]
        return (step - last["step"]) * self._per_step >= MIN_LEARNT * len(last["text"])

    def add(self, step: int, loss: float, text: str | None, is_end: bool = False) -> None:
        """Append a frame, or keep it as that of the end, unless ``text`` is None. Of too many that one is dropped, but
        neither the first nor the last, whose neighbours are closest together."""
        if text is None:
            return
        frame = {"step": step, "loss": loss, "text": text}
        if is_end:
            self.end = frame
            return
        self.frames.append(frame)
        if len(self.frames) > MAX_FRAMES:
            steps = [frame["step"] for frame in self.frames]
            del self.frames[1 + int(np.argmin(np.subtract(steps[2:], steps[:-2])))]

    def to_json(self) -> dict[str, Any]:
        """For the model file."""
        return {"prompt": self.prompt, "frames": list(self.frames), "end": self.end}

    def load(self, film: dict[str, Any]) -> None:
        """Go on with what :meth:`to_json` gave."""
        self.prompt, self.frames, self.end = film["prompt"], list(film["frames"]), film["end"]


def is_film(value: Any) -> bool:
    """Whether this can be a :meth:`Film.to_json`."""
    if not isinstance(value, dict) or set(value) != set(NO_FILM):
        return False
    prompt, frames, end = value["prompt"], value["frames"], value["end"]
    if not FRAME["text"](prompt) or not isinstance(frames, list) or len(frames) > MAX_FRAMES:
        return False
    return all(map(_is_frame, frames)) and (end is None or _is_frame(end))


def _is_frame(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == set(FRAME) and all(FRAME[name](value[name]) for name in FRAME)


Written = tuple[str, str] | None
"""The prompt of a frame and its text; None where there is nothing to write."""


def _sample(model: Writer, _dataset: Dataset, seed: list[int], length: int, label: str | None = None) -> Written:
    config = GenerationConfig(SamplingConfig(TEMPERATURE), length=length)
    [characters] = generate_texts(model, "", config, seed, label)
    text = ""
    with suppress(NotFiniteError):  # the loss will say so
        for character in characters:
            text += character
    return label or "", text


def _labelled_sample(model: LabelledLanguageModel, dataset: Dataset, seed: list[int], length: int) -> Written:
    return _sample(model, dataset, seed, length, model.target.symbols[0])


def _translation(model: Translator, dataset: PairDataset, _seed: list[int], length: int) -> Written:
    """Of the first text that is not too long, of those that are held out if some are."""
    texts = (dataset.validation if dataset.has_validation else dataset.training).texts
    short = np.flatnonzero((texts.lengths > 0) & (texts.lengths <= length))[:1]
    if not len(short):
        return None
    text = model.vocabulary.decode(texts.padded(short).ids[:, 0].tolist())
    with suppress(NotFiniteError):
        return text, predict(model, [text])[0].best
    return text, ""


WRITERS: dict[str, Callable[..., Written]] = {
    "generate": _sample,
    "generate-labelled": _labelled_sample,
    "translate": _translation,
}
"""By the kind of model, of those that write text."""
