"""Sampling: drawing text from a language model, one character after another.

The state is carried on, so a character costs the same however many came before it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any

import numpy as np

from rnncli.engine.arrays import Array, Ids
from rnncli.engine.clamping import Clamp
from rnncli.models.mixture import Writer
from rnncli.models.output import out_of_range, softmax

PRIME_WINDOW = 256
"""Characters of the prime read at once."""

NOISE_BLOCK = 64
"""Characters for which Gumbel noise is drawn at once."""


@dataclass(frozen=True)
class SamplingConfig:
    """How the next character is drawn from logits: the filters apply in the order of the fields.

    ``temperature`` divides the logits: 0 is greedy, 1 is the model's own distribution. ``top_k`` keeps the k most
    probable characters (0: all). ``top_p`` keeps the smallest set of most probable characters whose total probability
    is at least p (nucleus sampling; Holtzman et al. 2020, "The curious case of neural text degeneration"). ``min_p``
    keeps the characters at least this fraction as probable as the most probable one (Nguyen et al. 2024, "Turning up
    the heat").
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    def filter_logits(self, logits: Array) -> Array:
        """The logits (B, V) divided by the temperature, −∞ for what the filters drop."""
        if self.temperature == 0:
            return np.where(np.arange(logits.shape[-1]) == logits.argmax(-1)[:, None], logits, -np.inf)
        if self.temperature != 1:
            # Shifted first and in float64, so that a tiny temperature leaves the maximum at 0 and gives no NaN.
            with np.errstate(over="ignore", invalid="ignore"):
                logits = (logits - logits.max(-1, keepdims=True)) / np.float64(self.temperature)
        if self.top_k and self.top_k < logits.shape[-1]:
            logits = logits.copy()
            dropped = np.argsort(-logits, axis=-1, kind="stable")[:, self.top_k :]
            np.put_along_axis(logits, dropped, -np.inf, axis=-1)
        if self.top_p < 1:
            probabilities = softmax(logits)
            order = np.argsort(-probabilities, axis=-1, kind="stable")
            ranked = np.take_along_axis(probabilities, order, axis=-1)
            cumulative = np.cumsum(ranked, axis=-1) - ranked  # without the character itself
            kept = np.where(cumulative < self.top_p, np.take_along_axis(logits, order, axis=-1), -np.inf)
            logits = np.empty_like(logits)
            np.put_along_axis(logits, order, kept, axis=-1)
        if self.min_p > 0:
            lowest = logits.max(-1, keepdims=True) + math.log(self.min_p)
            logits = np.where(logits >= lowest, logits, -np.inf)
        return logits

    def probabilities(self, logits: Array) -> Array:
        """The distribution (B, V) to draw from, given logits (B, V)."""
        return softmax(self.filter_logits(logits))

    def draw(self, logits: Array, noise: Array) -> Ids:
        """Ids (B,) drawn for logits (B, V), given standard Gumbel ``noise`` (B, V).

        The argmax of logits + noise is distributed as their softmax (the Gumbel-max trick), which need not be computed.
        NotFiniteError for logits out of range, of which one would win.
        """
        drawn = (self.filter_logits(logits) + noise).argmax(-1)
        if not all(map(math.isfinite, map(np.ndarray.item, logits, drawn))):  # for few rows faster than an array
            raise out_of_range("logits")
        return drawn


def gumbel_noise(rng: np.random.Generator, *shape: int) -> Array:
    """Standard Gumbel noise of this shape, float32: −log of exponential noise. That is drawn in float64, since in
    float32 one draw in some millions is exactly 0, and its character would always win."""
    exponential = np.maximum(rng.standard_exponential(shape), np.finfo(np.float64).tiny)
    return (-np.log(exponential)).astype(np.float32)


def generate(
    model: Writer,
    prime: Ids,
    config: SamplingConfig,
    rng: np.random.Generator,
    count: int = 1,
    label: str | None = None,
    clamps: Sequence[Clamp] = (),
    temperatures: Iterable[float] | None = None,
    no_repeat_ngram: int = 0,
) -> Iterator[Ids]:
    """An endless stream of ids (B,): the continuations of B = ``count`` texts after the same ``prime`` (N,), N ≥ 1.

    ``label`` selects the initial state of a model of labelled texts; InputError where it does not fit the model.
    ``clamps`` hold units while the prime is read and the texts are written. The unknown symbol is never drawn.
    ``temperatures`` replaces the temperature of ``config`` at each character; the stream ends with it. With
    ``no_repeat_ngram`` n > 0 no n-gram occurs twice in a text, unless every continuation would repeat one.
    """
    logits, state = read_prime(model, prime, count, label, clamps)
    step = model.stepper(state, clamps)
    blockers = [NoRepeatNgram(no_repeat_ngram, prime) for _ in range(count)] if no_repeat_ngram else []
    configs = repeat(config) if temperatures is None else (replace(config, temperature=t) for t in temperatures)
    noise = gumbel_stream(rng, *logits.shape)
    for current in configs:
        if model.vocabulary.unknown:
            logits[:, -1] = -np.inf
        for blocker, row in zip(blockers, logits, strict=False):
            blocker.block(row)
        ids = current.draw(logits, next(noise))
        for blocker, drawn in zip(blockers, ids, strict=False):
            blocker.append(int(drawn))
        yield ids
        logits = step(ids)


def read_prime(
    model: Writer, prime: Ids, count: int = 1, label: str | None = None, clamps: Sequence[Clamp] = ()
) -> tuple[Array, Any]:
    """Logits (B, V) of the character after the ``prime`` (N,) in B = ``count`` texts, and their state after it. With
    N = 0 the logits are empty (B, 0), and the state is the first one."""
    state: Any = model.initial_state(count, label)
    logits: Array = np.empty((count, 0))
    for start in range(0, len(prime), PRIME_WINDOW):
        window = prime[start : start + PRIME_WINDOW].astype(np.intp)
        logits, state = model.read(np.repeat(window[:, None], count, axis=1), state, clamps)
    return logits, state


def gumbel_stream(rng: np.random.Generator, *shape: int) -> Iterator[Array]:
    """An endless stream of :func:`gumbel_noise` of this shape, drawn in blocks."""
    while True:
        yield from gumbel_noise(rng, NOISE_BLOCK, *shape)


class NoRepeatNgram:
    """n-gram blocking in one text: remembers what followed each context of n − 1 characters (Paulus, Xiong and Socher
    2018, "A deep reinforced model for abstractive summarization")."""

    def __init__(self, n: int, prime: Ids) -> None:
        self._n, self._context = n, ()  # type: tuple[int, tuple[int, ...]]
        self._followed_by: dict[tuple[int, ...], set[int]] = {}
        for symbol in prime:
            self.append(int(symbol))

    def block(self, logits: Array) -> None:
        """Set the logits (V,) that would complete an earlier n-gram to −∞ in place, unless none would be left."""
        seen = list(self._followed_by.get(self._context, ())) if len(self._context) == self._n - 1 else []
        if seen and np.isfinite(np.delete(logits, seen)).any():
            logits[seen] = -np.inf

    def append(self, symbol: int) -> None:
        """Add the id that was drawn."""
        if len(self._context) == self._n - 1:
            self._followed_by.setdefault(self._context, set()).add(symbol)
        self._context = (*self._context, symbol)[-(self._n - 1) :] if self._n > 1 else ()


def temperature_ramp(first: float, last: float, length: int) -> Iterator[float]:
    """``length`` temperatures, evenly spaced from the first to the last."""
    return (first + (last - first) * n / max(length - 1, 1) for n in range(length))


def as_beginning(model: Writer, prime: str) -> str:
    """The ``prime`` as the beginning of a text. What people type begins a line, while after the first state alone, a
    text may be anywhere in one."""
    return prime if prime.startswith(model.opening) else model.opening + prime


def full_prime(model: Writer, prime: str, rng: np.random.Generator) -> str:
    """What is read before a character is drawn: the prime :func:`as_beginning`, or a random one if that is empty."""
    return as_beginning(model, prime) or str(rng.choice(list(model.vocabulary.characters)))


def stop_when_finished(drawn: Iterator[Ids], eos: int) -> Iterator[Ids]:
    """Ids (B,) up to the step at which the last of the B texts draws the id ``eos``."""
    finished: Ids | bool = False
    for ids in drawn:
        yield ids
        finished = finished | (ids == eos)
        if np.all(finished):
            return


def stop_after_lines(lines: int, chunks: Iterator[str]) -> Iterator[str]:
    """The characters of a text up to the end of its ``lines``-th line."""
    for character in chain.from_iterable(chunks):
        yield character
        lines -= character == "\n"
        if lines <= 0:
            return


def stop_before(stop: str, chunks: Iterator[str]) -> Iterator[str]:
    """A text up to the string ``stop``, exclusive. What may be the beginning of it is held back until that is known."""
    held = ""
    for chunk in chunks:
        held += chunk
        if stop and stop in held:
            if before := held[: held.index(stop)]:
                yield before
            return
        waiting = next((n for n in range(min(len(stop), len(held)), 0, -1) if stop.startswith(held[-n:])), 0)
        if len(held) > waiting:
            yield held[: len(held) - waiting]
            held = held[len(held) - waiting :]
    if held:
        yield held
