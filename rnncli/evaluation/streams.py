"""The loss of a language model on a long text, read in parallel streams on several cores.

Each stream reads a part of the text after a burn-in on the characters before it, instead of carrying the state from the
beginning of the text. How a text is cut follows from its length alone, and the sums are added in its order, so that
the result does not depend on the number of processes.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncli.datasets.disk_ids import in_memory
from rnncli.engine.arrays import Ids
from rnncli.evaluation.losses import losses_of, stateful
from rnncli.evaluation.token_losses import LossByCharacter, losses_by_character
from rnncli.evaluation.windows import BURN_IN, read_parts, stream_edges
from rnncli.models.language_model import LanguageModel
from rnncli.models.mixture import Counts
from rnncli.models.parallel import Workers, parallel_map
from rnncli.models.score import Score

LONG_TEXT = 100_000
"""Characters of a text that is worth more than one stream."""

MIN_PART, MAX_PART = 8 * BURN_IN, 32 * BURN_IN
"""Characters of a stream: few enough to keep all cores busy, enough to make the cost of the burn-in small.

With ``BURN_IN`` and the shortest parts the mean loss of networks that were trained for a minute, on plays and on a text
of brackets and quotations, is within 1e-8 nats of that of one stream; with a quarter of the burn-in, within 1e-5."""

GROUP = 64
"""Streams that are read side by side, at most: the task of a process."""

MIN_GROUPS = 8
"""Groups of a text, unless its streams would become too short."""

WINDOW = 64
"""Characters of each stream in a window, at most: what a group computes of them stays in the cache."""

MAX_LOGITS = 1 << 22
"""Of a window: with a large alphabet it is shorter, so that memory does not grow."""


@dataclass(frozen=True)
class _Group:
    """A contiguous stretch of ``ids`` (n,), and where in it the parts of B streams start and end, (B,)."""

    ids: Ids
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]


def number_of_streams(ids: Any, streams: int | None = None) -> int:
    """In how many streams ``ids`` (N,) are read where ``streams`` are asked for: by default one, the definition, for a
    text that is not long. They are fewer where a part would be shorter than ``MIN_PART``."""
    if streams is None:
        part = min(max(MIN_PART, len(ids) // (MIN_GROUPS * GROUP)), MAX_PART)
        streams = len(ids) // part if len(ids) > LONG_TEXT else 1
    return len(stream_edges(len(ids) - 1, streams, MIN_PART)) - 1


def losses_in_streams(
    model: LanguageModel, ids: Any, streams: int | None = None, workers: Workers = 1, counts: Counts | None = None
) -> Generator[LossByCharacter, None, None]:
    """The losses of one piece of ``ids`` (N,) after the other, all but its first character, read in
    ``number_of_streams(ids, streams)`` by at most ``workers`` processes. The sum of all pieces is the loss of the text;
    one stream is the definition, :func:`rnncli.evaluation.losses.stateful`. With ``counts`` it is the mixture's."""
    number, size = number_of_streams(ids, streams), len(model.vocabulary)
    if number == 1:
        yield from (losses_by_character([losses], size) for losses in stateful(model, ids, counts=counts))
        return
    groups = _groups(ids, stream_edges(len(ids) - 1, number, 1))
    read = partial(_read, size=size, burn_in=BURN_IN, window=WINDOW, counts=counts)
    yield from parallel_map(read, model, groups, workers, len(ids))


def score_in_streams(
    model: LanguageModel, ids: Any, streams: int | None = None, workers: Workers = 1, counts: Counts | None = None
) -> Score:
    """The total of :func:`losses_in_streams`."""
    return LossByCharacter.total(losses_in_streams(model, ids, streams, workers, counts), len(model.vocabulary)).score


def _groups(ids: Any, edges: NDArray[np.intp]) -> Iterator[_Group]:
    """The streams between these ``edges``, in groups of about the same size, each with the characters that it reads."""
    streams = len(edges) - 1
    number = -(-streams // GROUP)
    for group in range(number):
        first, last = group * streams // number, (group + 1) * streams // number
        start = max(0, int(edges[first]) - BURN_IN)
        stretch = in_memory(ids[start : int(edges[last]) + 1])
        yield _Group(stretch, edges[first:last] - start, edges[first + 1 : last + 1] - start)


def _read(
    model: LanguageModel, group: _Group, size: int, burn_in: int, window: int, counts: Counts | None
) -> LossByCharacter:
    window = max(1, min(window, MAX_LOGITS // (size * len(group.starts))))
    windows = read_parts(model, group.ids, group.starts, group.ends, burn_in, window)
    return losses_by_character(losses_of(model, group.ids, windows, counts), size)
