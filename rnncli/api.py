"""The Python API: training and using a model in a few lines, without the command line."""

import html
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Unpack, overload

import numpy as np

from rnncli.datasets.reading import Reading
from rnncli.datasets.sources import STDIN, Sources, did_you_mean, open_sources
from rnncli.datasets.strings import Pair, open_strings
from rnncli.errors import InputError
from rnncli.evaluation.streams import score_in_streams
from rnncli.evaluation.texts import score_texts
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inference.prediction import LINES, Prediction, predict_batches
from rnncli.inference.sampling import SamplingConfig
from rnncli.models.base import PairModel
from rnncli.models.language_model import LanguageModel, NextCharacterModel
from rnncli.models.mixture import Writer, with_counts
from rnncli.models.score import Score
from rnncli.names import plural
from rnncli.storage import checkpoint
from rnncli.storage.checkpoint import Checkpoint
from rnncli.training.counts import counts_of_run
from rnncli.training.data import open_new
from rnncli.training.plan import Overrides, start_run
from rnncli.training.request import TrainOptions, parsed
from rnncli.training.trainer import Report, Trainer

__all__ = ["Prediction", "Report", "SamplingConfig", "Score", "TextModel", "TrainOptions", "load", "train"]

FilePath = str | os.PathLike[str]


class TextModel:
    """A trained model of any task: a language model can ``stream``, ``sample`` and ``score``, the others ``predict``.

    ``model`` is the network with its parameters and alphabets, ``counts`` are the n-gram counts beside it, or None,
    with which it predicts unless it is ``network_only``; ``record`` is the training record of the file. A method that
    the task does not have raises InputError.
    """

    def __init__(self, path: FilePath, network_only: bool = False) -> None:
        """Open a model file; :class:`rnncli.ModelFileError` if it cannot be one."""
        self._hold(checkpoint.load(path))
        if network_only:
            self._checkpoint.counts = self.counts = None

    @classmethod
    def of(cls, held: Checkpoint) -> "TextModel":
        """The model in a checkpoint, which is not copied."""
        new = cls.__new__(cls)
        new._hold(held)
        return new

    def _hold(self, held: Checkpoint) -> None:
        self._checkpoint, self.model, self.counts = held, held.model, held.counts
        self.record: dict[str, Any] = {} if held.record is None else held.record.to_json()

    def save(self, path: FilePath) -> None:
        """Write the model file, atomically: all that ``rnncli train`` writes, so that ``--resume`` goes on from it. A
        model that stands there is replaced. InputError for any other file, RnncliError where it cannot be written."""
        if Path(path).exists() and not checkpoint.is_model(path):
            raise InputError(f"{path} exists and is not an rnncli model, so it is left alone; choose another path")
        checkpoint.save(path, self._checkpoint)

    def stream(
        self, prime: str = "", config: SamplingConfig | None = None, seed: int | None = None, label: str | None = None
    ) -> Iterator[str]:
        """The characters after ``prime``, one by one: without end, or of a model of labelled texts to the end of a text
        with this ``label``. A model that was trained on bytes gives each byte as a character (Latin-1). InputError for
        characters and labels that the model does not know."""
        model = self._writer()
        endless = GenerationConfig(config or SamplingConfig(), length=None)
        return generate_texts(model, model.vocabulary.from_user_text(prime), endless, seed, label)[0]

    def sample(
        self,
        prime: str = "",
        length: int = 500,
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
        label: str | None = None,
    ) -> str:
        """``prime`` and at most ``length`` characters after it, as :meth:`stream` gives them; the same ``seed`` gives
        the same text. For the other arguments see :class:`SamplingConfig`."""
        stream = self.stream(prime, SamplingConfig(temperature, top_k, top_p), seed, label)
        return self.model.vocabulary.from_user_text(prime) + "".join(islice(stream, length))

    @overload
    def score(self, text: str, streams: int | None = None, workers: int = 1) -> Score: ...  # type: ignore[overload-overlap]  # a str is iterable
    @overload
    def score(self, text: Iterable[str], streams: int | None = None, workers: int = 1) -> list[Score]: ...
    def score(self, text: str | Iterable[str], streams: int | None = None, workers: int = 1) -> Score | list[Score]:
        """The loss on a text, or on each of several, which are read side by side; that differs from reading them one by
        one by the rounding of a product at most. InputError for a text of fewer than two characters.

        A long text is read in parallel ``streams``, 1 is the definition, see :mod:`rnncli.evaluation.streams`; and by
        ``workers`` processes, for which a script needs ``if __name__ == "__main__":``. Their number does not change the
        result."""
        model = self._language_model()
        texts, many = _several(text)
        vocabulary = model.vocabulary
        ids = [vocabulary.encode(vocabulary.from_user_text(one), name) for one, name in zip(texts, many, strict=True)]
        for one, name in zip(ids, many, strict=True):
            if len(one) < 2:
                raise InputError(f"{name} of fewer than two characters has nothing to predict")
        if isinstance(text, str):
            return score_in_streams(model, ids[0], streams, workers, self.counts)
        return score_texts(model, ids, streams, workers, self.counts)

    @overload
    def predict(self, text: str, top: int = 1, beam: int = 1, workers: int = 1) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, text: Iterable[str], top: int = 1, beam: int = 1, workers: int = 1) -> list[Prediction]: ...
    def predict(
        self, text: str | Iterable[str], top: int = 1, beam: int = 1, workers: int = 1
    ) -> Prediction | list[Prediction]:
        """Label, tags or translation of a text, with the ``top`` most probable answers; or of each of several, which
        are read side by side, in at most ``workers`` processes (see :meth:`score`)."""
        if isinstance(self.model, NextCharacterModel):
            raise InputError("a language model has nothing to predict; use sample or score")
        texts = [self.model.vocabulary.from_user_text(one) for one in _several(text)[0]]
        batches = (texts[start : start + LINES] for start in range(0, len(texts), LINES))
        found = predict_batches(self.model, batches, top, beam, workers, sum(map(len, texts)))
        predictions = [prediction for batch in found for prediction in batch]
        return predictions[0] if isinstance(text, str) else predictions

    def __repr__(self) -> str:
        facts = self._facts()
        return f"<TextModel: {facts.pop('task')}; {'; '.join(f'{name} {fact}' for name, fact in facts.items())}>"

    def _repr_html_(self) -> str:
        """The same for a notebook, a row for each fact; it has no colours of its own, so it suits light and dark."""
        left = 'style="text-align: left"'
        rows = "".join(
            f"<tr><th {left}>{html.escape(name)}</th><td {left}>{html.escape(fact)}</td></tr>"
            for name, fact in self._facts().items()
        )
        return f"<table><caption {left}>rnncli.TextModel</caption>{rows}</table>"

    def _facts(self) -> dict[str, str]:
        """What the model is, in a few words each."""
        model, record = self.model, self._checkpoint.record
        facts = {
            "task": f"{model.task}, {model.noun}",
            "network": f"{model.config.describe()}, {plural(model.parameters.flat.size, 'parameter')}",
            "alphabet": f"{plural(len(model.vocabulary.characters), 'character')}: {model.vocabulary.alphabet(40)}",
        }
        if isinstance(model, PairModel):
            facts[model.target_key.replace("_", " ")] = f"{len(model.target):,}"
        if self.counts is not None:
            facts["counts"] = f"{self.counts.model.order}-gram, with a weight of {self.counts.weight:.2f}"
        if record is not None:
            steps, best = plural(record.state["step"], "step"), record.state["best_loss"]
            loss = "" if best is None else f", validation loss {best:.4f} nats per {model.unit}"
            facts["trained"] = f"on {record.data.names or 'an unnamed text'}, {steps}{loss}"
        return facts

    def _writer(self) -> Writer:
        if not isinstance(self.model, NextCharacterModel):
            raise InputError(f"the model is {self.model.noun}; use predict")
        writer: Writer = with_counts(self.model, self.counts)
        return writer

    def _language_model(self) -> LanguageModel:
        if not isinstance(self.model, LanguageModel):
            raise InputError(f"the model is {self.model.noun}, which has no loss on running text")
        return self.model


def _several(text: str | Iterable[str]) -> tuple[list[str], list[str]]:
    """Texts, and what a message calls each; InputError for what is not text."""
    if isinstance(text, str):
        return [text], ["a text"]
    texts = list(text)
    for i, one in enumerate(texts):
        if not isinstance(one, str):
            raise InputError(f"text {i} is of type {type(one).__name__}, and no string")
    return texts, [f"text {i}" for i in range(len(texts))]


def load(path: FilePath, network_only: bool = False) -> TextModel:
    """Open a model file; :class:`rnncli.ModelFileError` if it cannot be one."""
    return TextModel(path, network_only)


def train(
    path_or_texts: FilePath | Iterable[os.PathLike[str]] | Iterable[str] | Iterable[Pair],
    *,
    init_from: FilePath | TextModel | None = None,
    on_report: Callable[[Report], object] | None = None,
    progress: bool = False,
    **options: Unpack[TrainOptions],
) -> TextModel:
    """Train a model as ``rnncli train`` does, and return the best one that was found; nothing is written.

    A string or ``pathlib.Path`` names the file or folder to learn, several are a list of ``pathlib.Path``. A list of
    strings is the text itself, with a line end between two of them, and for the other tasks a list of pairs, in the
    order of the columns of a ``.tsv``.

    The ``options`` are those of the command, see :class:`TrainOptions`, with the same defaults but for ``workers``,
    which is 1: other processes need ``if __name__ == "__main__":`` in a script, and the sums of a step are added in
    another order by another number of them. The same seed, data and number of workers give the model of the command.

    ``init_from`` is a model to begin with. ``on_report`` is called with the :class:`Report` of each step; where it
    returns False the run ends after that step, and an exception passes through. With ``progress`` there is a bar on a
    terminal, and lines elsewhere, as in a notebook. The first Ctrl-C, or interrupt of a notebook's kernel, finishes the
    step and returns the model so far, with a warning; a second one raises KeyboardInterrupt.

    InputError for what cannot be learnt and for values and options that do not fit, in the words of the command;
    NotFiniteError when a loss is not finite; TypeError for a name that is no option.
    """
    given = {"workers": 1, **parsed(options)}
    opened = _opener(path_or_texts)
    initial = load(init_from) if isinstance(init_from, str | os.PathLike) else init_from
    dataset = open_new(given, opened, initial.model if initial else None)
    for warning in dataset.warnings:
        warnings.warn(warning, stacklevel=2)
    trainer = start_run(dataset, Overrides.of(given), initial.model if initial else None)
    with _interrupts() as interrupts:
        _run(trainer, interrupts, on_report, progress)
    if interrupts:
        warnings.warn(f"interrupted: the model is that of step {trainer.step}", stacklevel=2)
    counts = None if interrupts else counts_of_run(trainer)
    best, arrays = trainer.best_model, {name: array.copy() for name, array in trainer.arrays().items()}
    return TextModel.of(Checkpoint(best.on(best.parameters.flat.copy()), trainer.record, arrays, counts))


def _opener(path_or_texts: Any) -> Callable[[Reading], Sources]:
    """What opens files that exist, or texts; InputError for neither."""
    if isinstance(path_or_texts, str | os.PathLike):
        return partial(open_sources, _existing([path_or_texts]))
    items = list(path_or_texts)
    if items and all(isinstance(item, os.PathLike) for item in items):
        return partial(open_sources, _existing(items))
    if items and all(isinstance(item, str) and os.path.isfile(item) for item in items):
        raise InputError(f"{items[0]} is a file, and a list of strings is text; name files as pathlib.Path")
    return partial(open_strings, items)


def _existing(paths: list[FilePath]) -> list[str]:
    files = [os.fspath(path) for path in paths]
    for name in files:
        if name != STDIN and not os.path.exists(name):
            shown, hint = (name, did_you_mean(name)) if len(name) < 80 and name.isprintable() else (repr(name)[:40], "")
            raise InputError(f"{shown} does not exist{hint}; to train on the text itself, pass a list: [text]")
    return files


def _run(trainer: Trainer, interrupts: list[int], on_report: Callable[[Report], object] | None, progress: bool) -> None:
    """Train to the end, or until ``on_report`` returns False or there are ``interrupts``."""
    with closing(trainer.run()) as run:
        reports: Iterator[Report] = run
        if progress:
            from rnncli.terminal.progress import show_progress  # only now: it loads Rich

            reports = show_progress(run, trainer.options.loss)
        for report in reports:
            answer = on_report(report) if on_report else None
            if interrupts or (isinstance(answer, bool | np.bool_) and not answer):
                break


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect the first Ctrl-C, and let the second raise KeyboardInterrupt. Only the main thread of Python receives it,
    and where it has another meaning than to raise KeyboardInterrupt, that stays."""
    received: list[int] = []

    def note(number: int, frame: Any) -> None:
        if received:
            signal.default_int_handler(number, frame)
        received.append(number)

    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield received
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
