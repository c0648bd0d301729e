"""Long texts: the options of the commands that read them in parallel streams, and what they say of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnncli.cli.options import int_range, option
from rnncli.names import plural

if TYPE_CHECKING:
    from rnncli.evaluation.token_losses import LossByCharacter, TokenLosses
    from rnncli.models.language_model import LanguageModel
    from rnncli.models.mixture import Counts
    from rnncli.models.parallel import Workers


def streams_option(panel: str | None = None) -> Any:
    """``--streams`` of the commands that score running text."""
    return option(
        "--streams",
        help="Parallel streams in which the text is read, each after a burn-in; 1 is the definition.",
        panel=panel,
        show_default="1, more for long texts",
        **int_range(1),
    )


def workers_option(panel: str | None = None) -> Any:
    """``--workers`` of the commands that read texts; the output does not depend on it."""
    return option(
        "--workers",
        help="Processes that share a long text.",
        panel=panel,
        show_default="one per core",
        **int_range(1),
    )


def network_only_option(panel: str | None = None) -> Any:
    """``--network-only`` of the commands that use a model with counts."""
    return option("--network-only", help="Leave out the n-gram counts of the model.", panel=panel)


@dataclass(frozen=True)
class ReadingMode:
    """How running text is read: with dynamic evaluation at the learning rate ``adapt_rate``, with a fixed ``context``,
    or else in ``streams`` that at most ``workers`` processes share; by the ``network_only``, or with its counts."""

    adapt_rate: float | None
    context: int | None
    streams: int | None
    workers: "Workers"
    network_only: bool

    @property
    def in_streams(self) -> bool:
        """Whether the state is carried, and nothing else is."""
        return self.adapt_rate is None and self.context is None


def token_losses(
    model: "LanguageModel", ids: Any, mode: ReadingMode, counts: "Counts | None"
) -> "Iterator[TokenLosses]":
    """The losses of ``ids`` (N,), all but the first, in their order, read in one pass."""
    import numpy as np

    from rnncli.datasets.disk_ids import in_memory
    from rnncli.evaluation.losses import dynamic_evaluation, fixed_context, stateful

    if mode.adapt_rate is not None:
        return dynamic_evaluation(model, in_memory(ids), mode.adapt_rate, counts)
    if mode.context is not None:
        return fixed_context(model, in_memory(ids), np.arange(1, len(ids)), mode.context, counts)
    return stateful(model, ids, counts=counts)


def text_losses(
    model: "LanguageModel", ids: Any, streams: int | None, workers: "Workers | None", counts: "Counts | None" = None
) -> "tuple[LossByCharacter, int]":
    """The losses of ``ids`` (N,), read in at most this number of streams and processes, by the model alone or with
    its ``counts``, and the number of streams; shows the progress."""
    from rnncli.evaluation.streams import losses_in_streams, number_of_streams
    from rnncli.evaluation.token_losses import LossByCharacter
    from rnncli.models.parallel import cores
    from rnncli.terminal.progress import show_share

    number = number_of_streams(ids, streams)
    pieces = losses_in_streams(model, ids, number, workers or cores(), counts)
    total = LossByCharacter.total(
        show_share(pieces, lambda piece: piece.score.symbols / len(ids)), len(model.vocabulary)
    )
    return total, number


def say_streams(streams: int) -> None:
    """Tell that a text was read in several streams."""
    from rnncli.evaluation.windows import BURN_IN
    from rnncli.terminal.console import say

    if streams > 1:
        how = f"read in {plural(streams, 'parallel stream')}, each after a burn-in of {BURN_IN} characters"
        say(f"{how}; --streams 1 reads the text in one pass")
