"""Over- or underfitting, from the evaluations of a run, and the options to try next."""

from collections.abc import Sequence
from dataclasses import dataclass

OVERFITTING_GAP, UNDERFITTING_GAP = 0.25, 0.08
"""A network overfits where its validation loss is more than the first above its training loss, in nats, and underfits
where it is less than the second. A run of some minutes on tiny Shakespeare does best between the two."""

MIN_RISE = 0.01
"""A validation loss that ends this far above its minimum, in nats, counts as rising."""

MAX_DROPOUT, DROPOUT_STEP = 0.5, 0.2


@dataclass(frozen=True)
class Diagnosis:
    """A ``verdict`` in a sentence, and command-line options to try next as a ``suggestion``, which may be empty."""

    verdict: str
    suggestion: Sequence[str]


def diagnose(
    history: Sequence[dict[str, float]], parameters: int, characters: int, hidden_size: int, dropout: float
) -> Diagnosis | None:
    """The diagnosis of a run on ``characters`` characters, or None where there are fewer than three evaluations.

    ``history`` has an entry per evaluation: ``step``, ``loss`` and ``validation_loss``, both in nats per character.
    """
    if len(history) < 3 or "validation_loss" not in history[-1]:
        return None
    losses = [entry["validation_loss"] for entry in history]
    gap, rise = losses[-1] - history[-1]["loss"], losses[-1] - min(losses)
    sizes = f"{parameters:,} parameters for {characters:,} characters"
    difference = f"the validation loss is {abs(gap):.2f} nats {'above' if gap >= 0 else 'below'} the training loss"
    if rise > MIN_RISE or gap > OVERFITTING_GAP:
        best = history[losses.index(min(losses))]["step"]
        reason = f"the validation loss has risen since step {best:,.0f}" if rise > MIN_RISE else difference
        if dropout < MAX_DROPOUT:
            suggestion = ["--dropout", f"{min(MAX_DROPOUT, dropout + DROPOUT_STEP):g}"]
        else:
            suggestion = ["--hidden-size", f"{max(1, hidden_size // 2)}"]
        return Diagnosis(f"overfitting: {reason}, with {sizes}", suggestion)
    if gap < UNDERFITTING_GAP:
        if dropout:
            suggestion = ["--dropout", f"{max(0.0, dropout - DROPOUT_STEP):g}"]
        else:
            suggestion = ["--hidden-size", str(hidden_size * 3 // 2)]
        return Diagnosis(f"underfitting: {difference}, with {sizes}", suggestion)
    return Diagnosis(f"good fit: {difference}, with {sizes}", [])
