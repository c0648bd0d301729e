"""The Python API: a trained model in a few lines, without the command line."""

import os
from collections.abc import Iterator
from itertools import islice

from rnncli.errors import InputError
from rnncli.evaluation.streams import score_in_streams
from rnncli.inference.generation import GenerationConfig, generate_texts
from rnncli.inference.prediction import Prediction, predict
from rnncli.inference.sampling import SamplingConfig
from rnncli.models.language_model import LanguageModel, NextCharacterModel
from rnncli.models.mixture import Writer, with_counts
from rnncli.models.score import Score
from rnncli.storage import checkpoint


class TextModel:
    """A trained model of any task: a language model can ``stream``, ``sample`` and ``score``, the others ``predict``.

    ``model`` is the network with its parameters and alphabets, ``counts`` are the n-gram counts beside it, or None,
    with which it predicts unless it is ``network_only``; ``record`` is the training record of the file. A method that
    the task does not have raises InputError.
    """

    def __init__(self, path: str | os.PathLike[str], network_only: bool = False) -> None:
        loaded = checkpoint.load(path)
        self.model, self.counts = loaded.model, None if network_only else loaded.counts
        self.record = {} if loaded.record is None else loaded.record.to_json()

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

    def score(self, text: str, streams: int | None = None, workers: int = 1) -> Score:
        """The loss on a text; InputError if it has fewer than two characters. A long text is read in parallel
        ``streams``, 1 is the definition, see :mod:`rnncli.evaluation.streams`; and by ``workers`` processes, for which
        a script needs ``if __name__ == "__main__":``. Their number does not change the result."""
        model = self._language_model()
        ids = model.vocabulary.encode(model.vocabulary.from_user_text(text))
        if len(ids) < 2:
            raise InputError("a text of fewer than two characters has nothing to predict")
        return score_in_streams(model, ids, streams, workers, self.counts)

    def predict(self, text: str, top: int = 1, beam: int = 1) -> Prediction:
        """Label, tags or translation of a text, with the ``top`` most probable answers."""
        if isinstance(self.model, NextCharacterModel):
            raise InputError("a language model has nothing to predict; use sample or score")
        return predict(self.model, [self.model.vocabulary.from_user_text(text)], top, beam)[0]

    def _writer(self) -> Writer:
        if not isinstance(self.model, NextCharacterModel):
            raise InputError(f"the model is {self.model.noun}; use predict")
        writer: Writer = with_counts(self.model, self.counts)
        return writer

    def _language_model(self) -> LanguageModel:
        if not isinstance(self.model, LanguageModel):
            raise InputError(f"the model is {self.model.noun}, which has no loss on running text")
        return self.model
