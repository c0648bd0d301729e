"""The evaluations of a run, from which its learning curve is drawn."""

Evaluation = dict[str, float]
"""``step``, ``loss`` (the mean training loss since the evaluation before) and, where a part was held out,
``validation_loss``, ``validation_accuracy`` and for the mean squared error ``validation_mse``."""

MAX_EVALUATIONS = 1_000
"""Evaluations that are kept."""


def extended(history: list[Evaluation], evaluation: Evaluation, best_loss: float) -> list[Evaluation]:
    """The ``history`` with one more evaluation. Every second of a long one is enough for its curve, beside that of the
    weights which are kept, with the validation loss ``best_loss``."""
    history = [*history, evaluation]
    if len(history) <= MAX_EVALUATIONS:
        return history
    kept = (
        entry
        for number, entry in enumerate(reversed(history))
        if number % 2 == 0 or entry.get("validation_loss") == best_loss
    )
    return list(kept)[::-1]
