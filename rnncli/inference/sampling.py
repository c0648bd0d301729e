"""One character after another.

The state after the prime is kept, so a character costs the same however many came before.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

import numpy as np

from rnncli.engine.activations import softmax
from rnncli.engine.arrays import Array, Ids
from rnncli.engine.clamping import Clamp
from rnncli.models.language_model import LanguageModel

PRIME_WINDOW = 256
"""Characters of the prime read at once."""

NOISE_BLOCK = 64
"""Characters for which noise is drawn at once."""


@dataclass(frozen=True)
class SamplingConfig:
    """How the next character is chosen from logits.

    ``temperature`` divides the logits: 0 takes the likeliest character, 1 draws from the model's own distribution.
    ``top_k`` leaves only the k likeliest (0: all). ``top_p`` then leaves the fewest likeliest characters that have
    at least this share of the probability together (Holtzman et al. 2020, "The curious case of neural text
    degeneration"). ``min_p`` then leaves those that are at least this share as likely as the likeliest (Nguyen et al.
    2024, "Turning up the heat").
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    def scores(self, logits: Array) -> Array:
        """Logits (B, V) of the distribution to draw from, −∞ for what is left out."""
        if self.temperature == 0:
            return np.where(np.arange(logits.shape[-1]) == logits.argmax(-1)[:, None], logits, -np.inf)
        if self.temperature != 1:
            # Shifted first and in float64, so that a tiny temperature leaves the likeliest at 0 and no NaN anywhere.
            with np.errstate(over="ignore"):
                logits = (logits - logits.max(-1, keepdims=True)) / np.float64(self.temperature)
        if self.top_k and self.top_k < logits.shape[-1]:
            logits = logits.copy()
            beyond = np.argsort(-logits, axis=-1, kind="stable")[:, self.top_k :]
            np.put_along_axis(logits, beyond, -np.inf, axis=-1)
        if self.top_p < 1:
            probabilities = softmax(logits)
            order = np.argsort(-probabilities, axis=-1, kind="stable")
            ranked = np.take_along_axis(probabilities, order, axis=-1)
            before = np.cumsum(ranked, axis=-1) - ranked  # the share of all that are likelier
            kept = np.where(before < self.top_p, np.take_along_axis(logits, order, axis=-1), -np.inf)
            logits = np.empty_like(logits)
            np.put_along_axis(logits, order, kept, axis=-1)
        if self.min_p > 0:
            lowest = logits.max(-1, keepdims=True) + math.log(self.min_p)
            logits = np.where(logits >= lowest, logits, -np.inf)
        return logits

    def probabilities(self, logits: Array) -> Array:
        """The distribution (B, V) to draw from, given logits (B, V)."""
        return softmax(self.scores(logits))

    def draw(self, logits: Array, noise: Array) -> Ids:
        """Ids (B,) drawn for logits (B, V), with a row of :func:`gumbel_noise` (B, V).

        The largest of log p + Gumbel noise is distributed as p (the Gumbel-max trick), and no sum over p is needed.
        """
        return (self.scores(logits) + noise).argmax(-1)


def gumbel_noise(rng: np.random.Generator, *shape: int) -> Array:
    """Standard Gumbel noise in float32: −log of exponential noise, which is drawn in float64 since in float32 it would
    be exactly 0 once in some million draws, and any character win."""
    exponential = np.maximum(rng.standard_exponential(shape), np.finfo(np.float64).tiny)
    return (-np.log(exponential)).astype(np.float32)


def generate(
    model: LanguageModel,
    prime: Ids,
    choice: SamplingConfig,
    rng: np.random.Generator,
    count: int = 1,
    label: str | None = None,
    clamps: Sequence[Clamp] = (),
    temperatures: Iterable[float] | None = None,
    no_repeat: int = 0,
) -> Iterator[Ids]:
    """Ids (B,) without end: what B = ``count`` texts go on with after the same ``prime`` (N,), N ≥ 1.

    ``label`` is for a model that has learnt some (InputError if not this one). ``clamps`` hold units while the prime is
    read and the texts are written. The unknown symbol is never chosen. ``temperatures`` moves the one of ``choice``
    from character to character, and ends the text with its own end. ``no_repeat`` n writes no n characters a second
    time, as long as there is another way to go on.
    """
    following, state = read_prime(model, prime, count, label, clamps)
    step = model.stepper(state, clamps)
    guards = [NoRepeatNgram(no_repeat, prime) for _ in range(count)] if no_repeat else []
    choices = repeat(choice) if temperatures is None else (replace(choice, temperature=t) for t in temperatures)
    noise = gumbel_stream(rng, *following.shape)
    for now in choices:
        if model.vocabulary.unknown:
            following[:, -1] = -np.inf
        for guard, row in zip(guards, following, strict=False):
            guard.forbid(row)
        ids = now.draw(following, next(noise))
        for guard, drawn in zip(guards, ids, strict=False):
            guard.write(int(drawn))
        yield ids
        following = step(ids)


def read_prime(
    model: LanguageModel, prime: Ids, count: int = 1, label: str | None = None, clamps: Sequence[Clamp] = ()
) -> tuple[Array, Array]:
    """Logits (B, V) of what follows the ``prime`` (N,) in ``count`` texts, and their state after it; with N = 0 the
    logits are not there, and the state is the first one."""
    state, following = model.zero_state(count), np.empty((count, 0))
    if label is not None:
        state = model.first_state(np.repeat(model.partner.encode(label), count))
    for start in range(0, len(prime), PRIME_WINDOW):
        window = prime[start : start + PRIME_WINDOW].astype(np.intp)
        forward = model.forward(np.repeat(window[:, None], count, axis=1), state, clamps)
        state, following = forward.state, model.logits_of(forward)[-1]
    return following, state


def gumbel_stream(rng: np.random.Generator, *shape: int) -> Iterator[Array]:
    """Rows of :func:`gumbel_noise` without end."""
    while True:
        yield from gumbel_noise(rng, NOISE_BLOCK, *shape)


class NoRepeatNgram:
    """Remembers of one text what came after each ``length`` − 1 characters, so that no ``length`` come twice."""

    def __init__(self, length: int, prime: Ids) -> None:
        self._length, self._recent = length, ()  # type: tuple[int, tuple[int, ...]]
        self._after: dict[tuple[int, ...], set[int]] = {}
        for symbol in prime:
            self.write(int(symbol))

    def forbid(self, logits: Array) -> None:
        """Set the logits (V,) to −∞ that would repeat something, unless nothing would be left."""
        known = list(self._after.get(self._recent, ())) if len(self._recent) == self._length - 1 else []
        if known and np.isfinite(np.delete(logits, known)).any():
            logits[known] = -np.inf

    def write(self, symbol: int) -> None:
        """Go on with this id."""
        if len(self._recent) == self._length - 1:
            self._after.setdefault(self._recent, set()).add(symbol)
        self._recent = (*self._recent, symbol)[-(self._length - 1) :] if self._length > 1 else ()


def temperature_ramp(first: float, last: float, length: int) -> Iterator[float]:
    """``length`` temperatures that go evenly from the first to the last."""
    return (first + (last - first) * n / max(length - 1, 1) for n in range(length))


def until_lines(lines: int, pieces: Iterator[str]) -> Iterator[str]:
    """Pass text through to the end of so many lines."""
    for character in chain.from_iterable(pieces):
        yield character
        lines -= character == "\n"
        if lines <= 0:
            return


def until_all_end(drawn: Iterator[Ids], end: int) -> Iterator[Ids]:
    """Pass ids (B,) through until each of the B texts has had the id ``end``."""
    ended: Ids | bool = False
    for ids in drawn:
        yield ids
        ended = ended | (ids == end)
        if np.all(ended):
            return


def default_prime(model: LanguageModel, rng: np.random.Generator) -> str:
    """What to read where no prime is given: a newline, after which texts begin, or a character drawn at random."""
    vocabulary = model.vocabulary
    return "\n" if "\n" in vocabulary.characters else str(rng.choice(list(vocabulary.characters)))


def until(stop: str, pieces: Iterator[str]) -> Iterator[str]:
    """Pass text through up to ``stop``, which is left out; what may be its beginning waits until that is known."""
    held = ""
    for piece in pieces:
        held += piece
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
