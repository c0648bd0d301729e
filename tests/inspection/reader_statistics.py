"""Statistics of a text and of numbers along it, from their definitions and without a line of the package: what
:mod:`tests.inspection.reader` is for the network."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.inspection.reader import Array

KINDS = (
    "n-gram would have known",
    "repeated word",
    "rare word",
    "first letter of a word",
    "after a newline",
    "the rest",
)
RECENT, RARE, KNOWN = 1_000, 5, 0.5


def auc(values: Array, labels: Array) -> float:
    """How often a place where the label is 1 has the larger value than one where it is 0, ties counting half: over all
    pairs."""
    ones, zeros = values[labels == 1], np.sort(values[labels == 0])
    below = np.searchsorted(zeros, ones, "left") + np.searchsorted(zeros, ones, "right")
    return float(below.mean() / 2 / len(zeros))


def ranks(values: Array) -> Array:
    """How many are smaller, and half of the others that are equal, (N,)."""
    in_order = np.sort(values)
    return (np.searchsorted(in_order, values, "left") + np.searchsorted(in_order, values, "right") - 1) / 2


def rank_correlation(values: Array, feature: Array) -> float:
    """The correlation of the ranks of a unit's states with a feature as it is; 0 where one of them never changes."""
    if np.ptp(values) == 0 or np.ptp(feature) == 0:
        return 0.0
    return float(np.corrcoef(ranks(values), feature)[0, 1])


def linear_probe(states: Array, labels: Array, strength: float, is_binary: bool) -> tuple[Array, float]:
    """Weights (D,) of states (N, D) and a bias: logistic regression by Newton's method, or least squares, each with
    ``strength`` / 2 times the squared weights of the states in standard deviations."""
    mean, deviation = states.mean(axis=0), states.std(axis=0)
    X = np.column_stack([np.ones(len(states)), (states - mean) / deviation])
    penalty = strength * np.diag([0.0, *np.ones(states.shape[1])])
    x = np.zeros(X.shape[1])
    for _ in range(30 if is_binary else 1):
        p = 1 / (1 + np.exp(-X @ x)) if is_binary else X @ x
        curvature = p * (1 - p) if is_binary else np.ones(len(p))
        x -= np.linalg.solve(
            X.T @ (curvature[:, None] * X) / len(X) + penalty, X.T @ (p - labels) / len(X) + penalty @ x
        )
    weights = x[1:] / deviation
    return weights, float(x[0] - weights @ mean)


def explained_by_context(values: Array, text: str, length: int) -> float:
    """R² in the second half of a text of the mean that values (N,) have in the first half after the same ``length``
    characters, which counts as one place more the mean after one character fewer."""
    half = len(values) // 2
    means = [{"": float(values[:half].mean())}]
    for n in range(1, length + 1):
        found: dict[str, list[float]] = defaultdict(list)
        for i, value in enumerate(values[:half]):
            found[text[max(0, i - n + 1) : i + 1].rjust(n, "\0")].append(float(value))
        means.append({c: (sum(of) + means[-1][c[1:]]) / (len(of) + 1) for c, of in found.items()})

    def predicted(context: str) -> float:
        return next(
            of[context[len(context) - n :]]
            for n, of in reversed(list(enumerate(means)))
            if context[len(context) - n :] in of
        )

    later = np.array([predicted(text[i - length + 1 : i + 1]) for i in range(half, len(values))])
    return float(1 - np.sum((values[half:] - later) ** 2) / np.sum((values[half:] - values[half:].mean()) ** 2))


def half_lives(gates: Array) -> Array:
    """Steps (H,) until the product of the ``gates`` (N, H) of a unit is ½, from each place in the first half of the
    text on, the median over them; between two steps it falls exponentially."""
    steps, half, units = len(gates), (len(gates) + 1) // 2, np.arange(gates.shape[1])
    lives = []
    for start in range(half + 1):
        left = np.vstack([np.ones(len(units)), np.cumprod(gates[start:], axis=0)])
        n = np.argmax(left <= 0.5, axis=0)
        above, below = left[n - 1, units], left[n, units]
        part = np.log(above / 0.5) / np.log(above / below)
        lives.append(np.where(n > 0, n - 1 + part, steps - start))
    return np.minimum(np.median(lives, axis=0), half)


def gate_products(gates: Array, steps: int) -> Array:
    """The root mean square over units of the products of 0 … ``steps`` ``gates`` (N, H) in a row, from each place on;
    the median over them, (``steps`` + 1,)."""
    found = []
    for start in range(len(gates) - steps + 1):
        products = np.vstack([np.ones(gates.shape[1]), np.cumprod(gates[start : start + steps], axis=0)])
        found.append(np.sqrt(np.square(products).mean(axis=1)))
    return np.median(found, axis=0)


class NgramModel:
    """Interpolated modified Kneser-Ney smoothing (Chen and Goodman 1999) of the n-grams in a ``text`` that is read as a
    ring; the lowest order backs off to the uniform distribution over ``size`` characters."""

    def __init__(self, text: str, order: int, size: int) -> None:
        self.order, self.size = order, size
        ring = text + text[:order]
        grams = [[ring[i : i + n] for i in range(len(text))] for n in range(1, order + 1)]
        self.counts: list[dict[str, Counter[str]]] = []
        for n in range(order):
            counts: dict[str, Counter[str]] = defaultdict(Counter)
            # Of the highest order how often, of the others after how many distinct characters.
            for gram in grams[n] if n == order - 1 else (longer[1:] for longer in set(grams[n + 1])):
                counts[gram[:-1]][gram[-1]] += 1
            self.counts.append(dict(counts))
        self.discounts = [_discounts(counts) for counts in self.counts]

    def probability(self, context: str, character: str) -> float:
        """P of a character after a context, of which at most the last order − 1 characters count."""
        context = context[max(0, len(context) - self.order + 1) :]
        p = 1 / self.size
        for n in range(len(context) + 1):
            after = self.counts[n].get(context[len(context) - n :])
            if after is None:
                break
            discount, total = self.discounts[n], sum(after.values())
            left = sum(discount[min(count, 3)] for count in after.values())
            own = after[character]
            p = (own - discount[min(own, 3)] + left * p) / total
        return p

    def probabilities(self, text: str) -> Array:
        """P of each character of a text given those before, (N,)."""
        return np.array([self.probability(text[max(0, i - self.order) : i], c) for i, c in enumerate(text)])


def _discounts(counts: dict[str, Counter[str]]) -> list[float]:
    """D(0) … D(3) from the numbers of n-grams with the counts 1 … 4."""
    n = Counter(count for after in counts.values() for count in after.values())
    found = [0.5, 0.75, 0.75]
    if n[1] and n[2] and n[3]:
        y = n[1] / (n[1] + 2 * n[2])
        found = [k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3)]
    return [0.0, *(min(max(d, 0.05), k - 0.05) for k, d in enumerate(found, start=1))]


def kinds_of_mistakes(text: str, learnt: str, known: Array) -> list[str]:
    """The kind of each character but the first, (N − 1): the first of KINDS that fits. ``known`` (N,) are the n-gram
    model's probabilities, ``learnt`` is the text that says which words are rare."""
    times = Counter(re.findall(r"\w+", learnt))
    words = [(found.start(), found.end(), found.group()) for found in re.finditer(r"\w+", text)]
    inside = {i: number for number, (start, end, _) in enumerate(words) for i in range(start, end)}
    kinds = []
    for i in range(1, len(text)):
        start, _, word = words[inside[i]] if i in inside else (-1, -1, "")
        earlier = [at for at, _, other in words if other == word and start - RECENT <= at < start]
        fits = (
            known[i] >= KNOWN,
            0 <= start < i and bool(earlier),
            0 <= start < i and times[word] < RARE,
            start == i,
            text[i - 1] == "\n",
            True,
        )
        kinds.append(KINDS[fits.index(True)])
    return kinds


def largest(values: Array, count: int) -> list[int]:
    """The places of the ``count`` largest."""
    return np.argsort(-values, kind="stable")[:count].tolist()


def apart(values: Array, count: int, near: range, allowed: NDArray[np.bool_] | None = None) -> list[int]:
    """The places of the largest values, none of them as ``near`` to a larger one as these distances."""
    left = np.ones(len(values), bool) if allowed is None else allowed.copy()
    places: list[int] = []
    while left.any() and len(places) < count:
        at = int(np.argmax(np.where(left, values, -np.inf)))
        places.append(at)
        left[max(0, at + near.start) : at + near.stop] = False
    return places


def pairs_in(written: str) -> Sequence[tuple[str, float]]:
    """Characters and numbers in "e 0.35  · 0.20"; the blank of a view is a dot."""
    return [(c.replace("·", " "), float(p)) for c, p in re.findall(r"(.) (-?\d+\.\d+)(?:  |$)", written, re.DOTALL)]
