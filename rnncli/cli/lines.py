"""``rnncli score --per-line``: which lines of a text a model did not expect."""

import json as jsonlib
import math
import sys
from typing import TYPE_CHECKING

import numpy as np

from rnncli.cli.model_input import require_two
from rnncli.cli.streams import ReadingMode, token_losses
from rnncli.datasets.lines import read_text_lines
from rnncli.evaluation.token_losses import losses_by_line, predicted_characters
from rnncli.names import plural
from rnncli.terminal.console import say, terminal_width, write
from rnncli.terminal.progress import show_share
from rnncli.terminal.words import visible_line

if TYPE_CHECKING:
    from rnncli.datasets.sources import Sources
    from rnncli.datasets.unknown import UnknownCharacters
    from rnncli.storage.checkpoint import Checkpoint

TOGETHER = 1_000
"""Lines that are written at once."""


def print_lines(
    loaded: "Checkpoint", sources: "Sources", unknown: "UnknownCharacters", mode: ReadingMode, sort: bool, json: bool
) -> None:
    """Score a text in one pass, and write for each of its lines the mean loss in nats per character, its line end
    included, its place and its text; the highest loss first if ``sort``. Nothing is predicted before the first
    character of the text, so a line that is nothing else has no loss and comes last."""
    vocabulary, counts = loaded.model.vocabulary, None if mode.network_only else loaded.counts
    lines = read_text_lines(sources, vocabulary, unknown)
    require_two(lines.ids, ", ".join(sources.names))
    losses = token_losses(loaded.model, lines.ids, mode, counts)  # type: ignore[arg-type]
    nats = losses_by_line(show_share(losses, lambda batch: len(batch.nats) / len(lines.ids)), lines.ends)
    predicted = predicted_characters(lines.ends)

    codec, is_terminal = vocabulary.codec, terminal_width(sys.stdout) is not None

    def written(line: int) -> str:
        (name, number), loss, text = lines.place(line), float(nats[line]), lines.text(line)
        if json:
            row = {
                "file": name,
                "line": number,
                "nats_per_character": None if math.isnan(loss) else loss,
                "characters": int(predicted[line]),
                "unknown_characters": int(lines.unknown[line]),
                "text": text,
            }
            return jsonlib.dumps(row, ensure_ascii=False) + "\n"
        place = f"{name}:{number}" if len(sources.names) > 1 else f"{number}"
        place = place.encode().decode(codec)  # of a model of bytes, each as a character
        return f"{'-' if math.isnan(loss) else f'{loss:.4f}'}\t{place}\t{visible_line(text) if is_terminal else text}\n"

    order = np.argsort(-nats, kind="stable") if sort else np.arange(len(lines))
    for start in range(0, len(order), TOGETHER):
        some = order[start : start + TOGETHER].tolist()
        write("".join(map(written, some)), "utf-8" if json else codec)
    total = float(np.nansum(nats * predicted) / predicted.sum())
    say(f"{plural(len(lines), 'line')}; {total:.4f} nats per character")
