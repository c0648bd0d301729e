"""Generation of whole texts: a prime, sampling or beam search after it, and where to stop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from rnncli.datasets.columns import BOUNDARY
from rnncli.engine.clamping import Clamp
from rnncli.inference.beam import BeamSearch
from rnncli.inference.sampling import (
    SamplingConfig,
    as_beginning,
    full_prime,
    generate,
    read_prime,
    stop_after_lines,
    stop_before,
    stop_when_finished,
    temperature_ramp,
)
from rnncli.models.mixture import Writer
from rnncli.models.output import NO_EOS


@dataclass(frozen=True)
class GenerationConfig:
    """How texts are generated.

    Characters are drawn by ``sampling``, without repeating a sequence of ``no_repeat_ngram`` (0: off). If
    ``last_temperature`` is given, the temperature changes evenly to that over ``length``. With ``beam`` > 0 nothing is
    drawn: beam search of that width finds the most probable text.

    A text has at most ``length`` characters after the prime (None: no limit, and no beam search or change of
    temperature). It ends before the string ``stop`` and after ``max_lines`` lines; that of a model of labelled texts
    also by itself.
    """

    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    last_temperature: float | None = None
    no_repeat_ngram: int = 0
    beam: int = 0
    length: int | None = 500
    stop: str = ""
    max_lines: int | None = None


def generate_texts(
    model: Writer,
    prime: str,
    config: GenerationConfig,
    seed: int | Sequence[int] | None = None,
    label: str | None = None,
    count: int = 1,
    clamps: Sequence[Clamp] = (),
) -> list[Iterator[str]]:
    """``count`` texts after the ``prime``, without it, each in chunks. One text is generated as it is consumed; several
    are generated side by side, before this returns. The prime is read as the beginning of a text, see
    :func:`rnncli.inference.sampling.as_beginning`.

    ``label`` is needed for a model of labelled texts, and only for that. ``clamps`` hold units while the prime is read
    and characters are drawn, but not in beam search. InputError for characters and labels that the model does not
    know, and where it needs a label.
    """
    rng, vocabulary = np.random.default_rng(seed), model.vocabulary
    ids = vocabulary.encode(full_prime(model, prime, rng))
    if config.beam:
        assert config.length is not None
        _, state = read_prime(model, ids[:-1], label=label)
        [(text, _), *_] = BeamSearch(model, config.beam).search(state, config.length, int(ids[-1]))
        return [_stopped(iter(text), config, model.eos)]
    temperatures = None
    if config.last_temperature not in (None, config.sampling.temperature):
        assert config.last_temperature is not None and config.length is not None
        temperatures = temperature_ramp(config.sampling.temperature, config.last_temperature, config.length)
    drawn = generate(model, ids, config.sampling, rng, count, label, clamps, temperatures, config.no_repeat_ngram)
    drawn = islice(drawn, config.length)
    if model.eos != NO_EOS:
        drawn = stop_when_finished(drawn, model.eos)
    rows: Any = [drawn] if count == 1 else np.reshape(list(drawn), (-1, count)).T[..., None]
    return [_stopped((vocabulary.symbols[int(ids[0])] for ids in row), config, model.eos) for row in rows]


def is_random(model: Writer, prime: str, config: GenerationConfig) -> bool:
    """Whether :func:`generate_texts` draws anything, so that its seed matters: characters, or where it begins."""
    draws = not config.beam and (config.sampling.temperature or config.last_temperature)
    return bool(draws) or not as_beginning(model, prime)


def _stopped(characters: Iterator[str], config: GenerationConfig, eos: int) -> Iterator[str]:
    chunks = stop_before(config.stop, characters if eos == NO_EOS else stop_before(BOUNDARY, characters))
    return chunks if config.max_lines is None else stop_after_lines(config.max_lines, chunks)
