"""What ``rnncli sample`` writes: characters that are drawn or searched for, to the end that was asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from rnncli.cli.models import learnt_ids
from rnncli.datasets.pairs import BOUNDARY
from rnncli.inference.beam import BeamSearch
from rnncli.inference.novelty import RUN, novelty
from rnncli.inference.sampling import (
    SamplingConfig,
    default_prime,
    generate,
    read_prime,
    temperature_ramp,
    until,
    until_all_end,
    until_lines,
)

if TYPE_CHECKING:
    from rnncli.engine.clamping import Clamp
    from rnncli.models.language_model import LanguageModel
    from rnncli.storage.checkpoint import Checkpoint


@dataclass(frozen=True)
class Writing:
    """How ``model`` writes ``count`` texts after a ``prime``. ``temperature`` goes from its first to its second value
    over the ``length``, which is -1 where there is no end. With a ``beam`` one text is searched for, and none drawn."""

    model: "LanguageModel"
    prime: str
    label: str | None
    count: int
    length: int
    stop: str
    until_line: int | None
    seed: int
    choice: SamplingConfig
    temperature: tuple[float, float]
    no_repeat: int
    beam: int

    def texts(self, clamps: "Sequence[Clamp]" = ()) -> list[Iterator[str]]:
        """The texts, in pieces as they are known, while ``clamps`` hold units. One is written as it is made; several
        are made side by side, and there when they are done."""
        if self.beam:
            return [self._to_the_end(iter(self._likeliest()))]
        drawn = self._drawn(clamps)
        rows = [drawn] if self.count == 1 else np.reshape(list(drawn), (-1, self.count)).T[..., None]
        symbols = self.model.vocabulary.symbols
        return [self._to_the_end(symbols[int(ids[0])] for ids in row) for row in rows]

    def _begin(self, rng: np.random.Generator) -> str:
        return BOUNDARY + self.prime if self.label is not None else self.prime or default_prime(self.model, rng)

    def _drawn(self, clamps: "Sequence[Clamp]") -> Iterator[np.ndarray]:
        rng, vocabulary = np.random.default_rng(self.seed), self.model.vocabulary
        first, last = self.temperature
        moving = temperature_ramp(first, last, self.length) if first != last else None
        prime = vocabulary.encode(self._begin(rng))
        ids = generate(self.model, prime, self.choice, rng, self.count, self.label, clamps, moving, self.no_repeat)
        ids = islice(ids, self.length if self.length >= 0 else None)
        return ids if self.label is None else until_all_end(ids, int(vocabulary.encode(BOUNDARY)[0]))

    def _likeliest(self) -> str:
        ids = self.model.vocabulary.encode(self._begin(np.random.default_rng(self.seed)))
        _, state = read_prime(self.model, ids[:-1], label=self.label)
        return BeamSearch(self.model, self.beam).search(state, self.length, int(ids[-1]))[0][0]

    def _to_the_end(self, characters: Iterator[str]) -> Iterator[str]:
        pieces = until(self.stop, characters if self.label is None else until(BOUNDARY, characters))
        return pieces if self.until_line is None else until_lines(self.until_line, pieces)


class Copied:
    """Tells how much of a text stands in what the model has learnt; InputError where that is gone."""

    def __init__(self, path: str, loaded: "Checkpoint") -> None:
        self._learnt = loaded.model.vocabulary.decode(map(int, learnt_ids(path, loaded, "--novelty needs it")))

    def to_json(self, text: str) -> dict[str, object]:
        """As data."""
        found = novelty(text, self._learnt)
        return {"copied": found.copied, "longest_copy": found.longest}

    def told(self, text: str) -> str:
        """In a sentence."""
        found = novelty(text, self._learnt)
        return (
            f"novelty: {found.copied:.1%} of its pieces of {RUN} characters stand in the training text; the longest "
            f"has {len(found.longest)}: {found.longest!r}"
        )
