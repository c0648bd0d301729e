"""Overfitting, underfitting, or nothing left to learn: from the evaluations of a run and an n-gram baseline, with the
options to try next.

The gap between the two losses alone cannot tell a network that is too small from a text that holds no more: random
text and memorised text have none either. So the loss is also compared with what n-gram models reach on the same
held-out text, and with whether these gain from more of the training text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rnncli.evaluation.metrics import ngram_metrics

OVERFITTING_GAP, UNDERFITTING_GAP = 0.25, 0.08
"""A network overfits where its validation loss is more than the first above its training loss, in nats, and may
underfit where it is less than the second. A run of some minutes on tiny Shakespeare does best between the two."""

MIN_RISE = 0.01
"""A validation loss that ends this far above its minimum, in nats, counts as rising."""

CERTAIN = 0.02
"""A validation loss below this, in nats, leaves nothing to learn."""

SAME = 0.02
"""Losses on the same text that differ by less than this, in nats, are taken for equal."""

MAX_DROPOUT, DROPOUT_STEP = 0.5, 0.2

ORDERS = (1, 3, 6)
MAX_TRAINING, MAX_HELD_OUT = 200_000, 50_000
"""Orders of the n-gram baselines, and characters that they are trained and measured on: with more of either the
baselines would take longer than a second."""


@dataclass(frozen=True)
class Baseline:
    """The best n-gram model: its ``order``, its validation loss in ``nats``, and the lowest one that n-gram models
    reach with half of the same training text, ``nats_of_half``."""

    order: int
    nats: float
    nats_of_half: float

    @property
    def has_converged(self) -> bool:
        """Whether more text would not help it. Its loss is then the entropy of the text, as far as short contexts
        tell: every n-gram model of a written language gains much more from twice the text."""
        return self.nats_of_half - self.nats < SAME

    @property
    def subject(self) -> str:
        """A 6-gram model reaches; that of order 1 is the frequencies of the characters."""
        return f"a {self.order}-gram model reaches" if self.order > 1 else "the character frequencies alone reach"


def best_baseline(training_ids: Any, validation_ids: Any, size: int) -> Baseline:
    """The best of n-gram models over ``size`` symbols, trained on ids (N,) and measured on ids (M,), M ≥ 2."""

    def losses(ids: Any) -> dict[int, float]:
        return {n: float(ngram_metrics(ids, validation_ids, size, n)["nats_per_character"]) for n in ORDERS}

    of_all, of_half = losses(training_ids), losses(training_ids[: (len(training_ids) + 1) // 2])
    order = min(of_all, key=lambda n: of_all[n])
    return Baseline(order, of_all[order], min(of_half.values()))


@dataclass(frozen=True)
class Diagnosis:
    """A ``verdict`` in a sentence, command-line options to try next as a ``suggestion``, which may be empty, and
    whether the text ``has_more`` to learn."""

    verdict: str
    suggestion: Sequence[str] = ()
    has_more: bool = True


def diagnose(
    history: Sequence[dict[str, float]],
    parameters: int,
    characters: int,
    hidden_size: int,
    dropout: float,
    baseline: Callable[[], Baseline],
) -> Diagnosis | None:
    """The diagnosis of a run on ``characters`` characters, or None where there are fewer than three evaluations.

    ``history`` has an entry per evaluation: ``step``, ``loss`` and ``validation_loss``, both in nats per character,
    and perhaps ``validation_accuracy``. ``baseline`` is called only where the losses leave a question open.
    """
    if len(history) < 3 or "validation_loss" not in history[-1]:
        return None
    losses = [entry["validation_loss"] for entry in history]
    training_loss, loss, lowest = history[-1]["loss"], losses[-1], min(losses)
    sizes = f"{parameters:,} parameters for {characters:,} characters"
    gap = loss - training_loss
    difference = (
        f"the validation loss of {loss:.3f} nats is {abs(gap):.3f} {'above' if gap >= 0 else 'below'} the training loss"
    )
    if dropout < MAX_DROPOUT:
        regularize = ["--dropout", f"{min(MAX_DROPOUT, dropout + DROPOUT_STEP):g}"]
    else:
        regularize = ["--hidden-size", f"{max(1, hidden_size // 2)}"]

    if history[-1].get("validation_accuracy") == 1:
        return Diagnosis(
            f"nothing left to learn: every held-out character is predicted, at {loss:.4f} nats", has_more=False
        )
    if loss < CERTAIN:
        return Diagnosis(
            f"nothing left to learn: a validation loss of {loss:.4f} nats is as good as none", has_more=False
        )
    if loss - lowest > MIN_RISE:
        since = f"{history[losses.index(lowest)]['step']:,.0f}"
        rise = f"the validation loss has risen since step {since}, from {lowest:.3f} to {loss:.3f} nats"
        return Diagnosis(f"overfitting: {rise}, with {sizes}", regularize)
    if gap > OVERFITTING_GAP:
        return Diagnosis(f"overfitting: {difference}, with {sizes}", regularize)

    best = baseline()
    reaches = f"{best.subject} {best.nats:.3f}"
    if best.has_converged and loss > best.nats - SAME:  # the text is noise to both of them
        if training_loss < best.nats - UNDERFITTING_GAP / 2:
            return Diagnosis(
                f"overfitting: {difference}, below what the text has to teach ({reaches}), with {sizes}", regularize
            )
        if loss < best.nats + SAME:
            no_more = f"{reaches}, and more text does not help it"
            return Diagnosis(
                f"nothing left to learn: the validation loss is {loss:.3f} nats; {no_more}", has_more=False
            )
    if gap < UNDERFITTING_GAP and (loss > best.nats or not best.has_converged):
        if dropout:
            enlarge = ["--dropout", f"{max(0.0, dropout - DROPOUT_STEP):g}"]
        else:
            enlarge = ["--hidden-size", str(hidden_size * 3 // 2)]
        gains = "" if best.has_converged or loss > best.nats else " and would gain from more text"
        return Diagnosis(f"underfitting: {difference}, and {reaches}{gains}, with {sizes}", enlarge)
    return Diagnosis(f"good fit: {difference}; {reaches}, with {sizes}")
