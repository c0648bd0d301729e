"""How much of what a model wrote stands in the text that it has learnt?"""

from dataclasses import dataclass

RUN = 20
"""Characters that are looked up together: by chance so many are hardly ever the same."""


@dataclass(frozen=True)
class Novelty:
    """``copied`` is the share of all runs of 20 characters that stand in the training text, 0 … 1; ``longest`` the
    longest piece that stands there."""

    copied: float
    longest: str


def novelty(written: str, learnt: str) -> Novelty:
    """Look up ``written`` in ``learnt``; a text shorter than 20 characters is one run."""
    run = min(RUN, len(written))
    starts = range(len(written) - run + 1)
    copied = [written[start : start + run] in learnt for start in starts]
    longest = ""
    for start in range(len(written)):
        while start + len(longest) < len(written) and written[start : start + len(longest) + 1] in learnt:
            longest = written[start : start + len(longest) + 1]
    return Novelty(sum(copied) / len(copied) if written else 0.0, longest)
