"""A text that somebody writes together with a model: character by character, with the model's probabilities at hand."""

from collections.abc import Callable, Sequence

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.engine.clamping import Clamp
from rnncli.inference.sampling import SamplingConfig, gumbel_stream, read_prime
from rnncli.models.mixture import Writer
from rnncli.models.output import softmax


class Draft:
    """The ``ids`` that were written so far after a ``prime`` (N,), N ≥ 1.

    ``label`` and ``clamps`` are those of :func:`rnncli.inference.sampling.generate`; the unknown symbol is never
    offered or drawn, but may be added.
    """

    def __init__(
        self,
        model: Writer,
        prime: Ids,
        config: SamplingConfig,
        rng: np.random.Generator,
        label: str | None = None,
        clamps: Sequence[Clamp] = (),
    ) -> None:
        self.ids: list[int] = []
        self._model, self._prime, self._config, self._label, self._clamps = model, prime, config, label, clamps
        self._noise = gumbel_stream(rng, 1, len(model.vocabulary))
        self._logits, self._step = self._read()

    def candidates(self, count: int) -> list[tuple[int, float]]:
        """The ``count`` most probable next ids with their probabilities, those of the model itself."""
        p = softmax(self._known().astype(np.float64))[0]
        order = np.argsort(-p, kind="stable")[:count]
        return [(int(i), float(p[i])) for i in order if p[i] > 0]

    def draw(self) -> int:
        """The model's own choice of the next id; another one each time, unless it is greedy."""
        return int(self._config.draw(self._known(), next(self._noise))[0])

    def add(self, symbol: int) -> None:
        """Write an id."""
        self.ids.append(symbol)
        self._logits = self._step(np.array([symbol]))

    def undo(self) -> None:
        """Take the last id back, if there is one."""
        if self.ids:
            self.ids.pop()
            self._logits, self._step = self._read()

    def _read(self) -> tuple[Array, Callable[[Ids], Array]]:
        text = np.concatenate([self._prime, np.array(self.ids, np.intp)])
        logits, state = read_prime(self._model, text, label=self._label, clamps=self._clamps)
        return logits, self._model.stepper(state, self._clamps)

    def _known(self) -> Array:
        """The logits (1, V) of what comes next, −∞ for the unknown symbol."""
        logits = self._logits.copy()
        if self._model.vocabulary.unknown:
            logits[:, -1] = -np.inf
        return logits
