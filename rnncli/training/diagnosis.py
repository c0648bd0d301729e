"""What a run that has ended says of itself: did it learn too little, or by heart, and what to try next?"""

from collections.abc import Sequence
from dataclasses import dataclass

OVER, UNDER = 0.25, 0.08
"""The validation loss is so far above the training loss, in nats, when a network learns by heart, and so little when it
has not learnt all that it could. A run of some minutes on tiny Shakespeare is between the two where it does best."""

RISEN = 0.01
"""By so many nats the validation loss has risen from its best when the end of a run was for nothing."""

STRONGEST_DROPOUT, MORE_DROPOUT = 0.5, 0.2


@dataclass(frozen=True)
class Diagnosis:
    """``verdict`` in a sentence, and the options to ``try_next``."""

    verdict: str
    try_next: Sequence[str]


def diagnose(
    history: Sequence[dict[str, float]], parameters: int, characters: int, hidden_size: int, dropout: float
) -> Diagnosis | None:
    """From the evaluations of a run, with ``loss`` and ``validation_loss``, the number of parameters, and what it
    learnt from. None where too little was measured to tell."""
    if len(history) < 3 or "validation_loss" not in history[-1]:
        return None
    losses = [entry["validation_loss"] for entry in history]
    gap, risen = losses[-1] - history[-1]["loss"], losses[-1] - min(losses)
    sizes = f"{parameters:,} parameters for {characters:,} characters"
    if risen > RISEN or gap > OVER:
        what = (
            f"the validation loss was best at step {history[losses.index(min(losses))]['step']:,.0f}, then it rose"
            if risen > RISEN
            else f"the validation loss is {gap:.2f} nats above the training loss"
        )
        if dropout < STRONGEST_DROPOUT:
            try_next = ["--dropout", f"{min(STRONGEST_DROPOUT, dropout + MORE_DROPOUT):g}"]
        else:
            try_next = ["--hidden-size", f"{max(1, hidden_size // 2)}"]
        return Diagnosis(f"it begins to learn by heart: {what}, with {sizes}", try_next)
    if gap < UNDER:
        told = f"it could learn more: the validation loss is {_away(gap)} the training loss, with {sizes}"
        try_next = ["--dropout", f"{max(0.0, dropout - MORE_DROPOUT):g}"] if dropout else []
        return Diagnosis(told, try_next or ["--hidden-size", str(hidden_size * 3 // 2)])
    return Diagnosis(f"well balanced: the validation loss is {gap:.2f} nats above the training loss, with {sizes}", [])


def _away(gap: float) -> str:
    return f"{abs(gap):.2f} nats {'above' if gap >= 0 else 'below'}"
