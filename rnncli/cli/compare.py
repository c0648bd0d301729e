"""rnncli compare: several models and n-gram baselines on the same text."""

import json as jsonlib
import math
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rnncli.cli.options import encoding_option, option
from rnncli.cli.streams import network_only_option, say_streams, streams_option, text_losses, workers_option
from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.models.language_model import LanguageModel
    from rnncli.storage.checkpoint import Checkpoint

ORDERS = (2, 4, 6, 8)
"""Orders of the n-gram baselines."""

LEARNT = ("optimizer", "learning_rate", "loss", "training_loss")
"""How a network learnt; the last is its last training loss, in nats or, with the loss mse, a mean squared error."""

KNESER_NEY = {
    "network": "interpolated modified Kneser-Ney",
    **dict.fromkeys(("parameters", "steps", "seconds", *LEARNT)),
}
"""What an n-gram model has in the columns of a network."""


def compare(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL... FILE", help="Model files, then a text.", show_default=False)
    ],
    train: Annotated[
        list[str] | None,
        option(
            "--train",
            metavar="FILE",
            help="Training text of the n-gram baselines.",
            show_default="that of the first model",
        ),
    ] = None,
    encoding: Annotated[str | None, encoding_option()] = None,
    streams: Annotated[int | None, streams_option()] = None,
    network_only: Annotated[bool, network_only_option()] = False,
    workers: Annotated[int | None, workers_option()] = None,
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Compare models: size, training and loss on the same text, beside n-gram baselines.

    \b
      rnncli compare gru.npz lstm.npz unseen.txt
      rnncli compare gru.npz unseen.txt --train corpus.txt    baselines trained on another text
    """
    from rnncli.datasets.normal_form import normalise
    from rnncli.datasets.sources import open_sources
    from rnncli.datasets.unknown import UnknownCharacters
    from rnncli.models.language_model import LanguageModel
    from rnncli.storage import checkpoint
    from rnncli.terminal.console import say, write

    *paths, file = models
    if not paths:
        raise InputError("compare takes at least one model, and then a text: rnncli compare A.npz B.npz TEXT")
    loaded = {path: checkpoint.load(path) for path in paths}
    for path, one in loaded.items():
        if not isinstance(one.model, LanguageModel):
            raise InputError(f"{path} is {one.model.noun}, which has no loss on running text to compare")
    first = loaded[paths[0]].model.vocabulary
    for path, one in loaded.items():
        if one.model.vocabulary.encoding != first.encoding:
            raise InputError(
                f"{path} reads {one.model.vocabulary.encoding} and {paths[0]} {first.encoding}: losses do not compare"
            )
    sources = open_sources([file], loaded[paths[0]].reading(encoding))
    text = "".join(sources.chunks())
    notices, left_out = [], set[str]()
    for path, one in loaded.items():
        unknown, vocabulary = UnknownCharacters(), one.model.vocabulary
        if normalise(text, vocabulary.normalize) != text:
            raise InputError(
                f"{path} reads the text in {vocabulary.normalize}, and {paths[0]} otherwise: losses do not compare"
            )
        if unseen := unknown.count(text, vocabulary):
            notices.append(f"{path}: {unknown.told(vocabulary)}")
        if not vocabulary.unknown:
            left_out |= set(unseen)  # for all of them, so that their losses compare
    text = text.translate(dict.fromkeys(map(ord, left_out)))
    rows, number = [], 1
    for one in loaded.values():
        of_model, number = _model_rows(one, text, file, streams, workers, network_only)
        rows += of_model
    try:
        rows += _baseline_rows(loaded[paths[0]], train or [], text, file, encoding)
    except InputError as error:
        if train:
            raise
        say(f"no n-gram baselines: {error}")
    for notice in (*sources.warnings, *notices):
        say(notice)
    rows = sorted(rows, key=lambda row: row["nats_per_character"])
    if json:
        write(jsonlib.dumps({"models": rows, "streams": number}, ensure_ascii=False) + "\n")
        return
    _print(rows, [one for one in loaded.values() if one.record and one.record.state["history"]])
    say_streams(number)


def _model_rows(
    loaded: "Checkpoint", text: str, name: str, streams: int | None, workers: int | None, network_only: bool
) -> tuple[list[dict[str, Any]], int]:
    """A row of the table, of a model with counts also one for each of its parts; and the number of streams in which the
    text was read: the same for all models, since it follows from the length of the text."""
    from rnncli.cli.model_input import require_two
    from rnncli.models.mixture import NETWORK

    ids = loaded.model.vocabulary.encode(text, name)
    require_two(ids, name)
    state: dict[str, Any] = loaded.record.state if loaded.record else {"step": 0, "seconds": 0.0, "history": []}
    counts = None if network_only else loaded.counts
    losses, number = text_losses(cast("LanguageModel", loaded.model), ids, streams, workers, counts)
    network = {
        "network": loaded.model.config.describe(),
        "parameters": loaded.model.parameters.flat.size,
        "steps": state["step"],
        "seconds": state["seconds"] or None,
        **dict.fromkeys(LEARNT),
    }
    if loaded.record:
        options, last = loaded.record.options, (state["history"] or [{}])[-1]
        learnt = options.optimizer, options.learning_rate, options.loss, last.get("loss")
        network |= dict(zip(LEARNT, learnt, strict=True))
    rows = [_row(loaded.path, losses.score.nats, network)]
    for part, nats in losses.parts.items():
        of_part = network if part == NETWORK else KNESER_NEY
        rows.append(_row(f"{loaded.path}, {part} alone", nats / losses.score.symbols, of_part))
    return rows, number


def _baseline_rows(
    loaded: "Checkpoint", train: list[str], text: str, name: str, encoding: str | None
) -> list[dict[str, Any]]:
    from rnncli.cli.model_input import baseline_ids
    from rnncli.evaluation.metrics import ngram_metrics

    vocabulary = loaded.model.vocabulary
    training_ids, ids = baseline_ids(loaded, train, encoding), vocabulary.encode(text, name)
    rows = []
    for order in ORDERS:
        metrics = ngram_metrics(training_ids, ids, len(vocabulary), order)
        rows.append(_row(f"{order}-gram model", metrics["nats_per_character"], KNESER_NEY))
    return rows


def _row(name: str, nats: float, what: dict[str, Any]) -> dict[str, Any]:
    return {"model": name, **what, "nats_per_character": nats, "bits_per_character": nats / math.log(2)}


def _print(rows: list[dict[str, Any]], learnt: "list[Checkpoint]") -> None:
    """The table, how the models that have ``learnt`` did so, and the command that draws their learning curves."""
    import sys

    from rnncli.inspection.probe import Probe
    from rnncli.inspection.views.learning import runs_table
    from rnncli.names import command_line
    from rnncli.results import Table
    from rnncli.terminal.screen import screen
    from rnncli.terminal.view_result import draw_table
    from rnncli.terminal.words import seconds, visible_line

    columns = ("model", "parameters", "steps", "time", "nats", "bits")
    cells = [
        (
            row["model"],
            row["parameters"],
            row["steps"],
            row["seconds"] and seconds(row["seconds"]),
            row["nats_per_character"],
            row["bits_per_character"],
        )
        for row in rows
    ]
    output = screen(sys.stdout)
    output.print(*draw_table(Table("", columns, cells), output.width))
    if learnt:
        first, *others = (one.path for one in learnt)
        runs = runs_table([Probe(one) for one in learnt])
        following = f"next: {visible_line(command_line('inspect', first, 'learning', *others))}"
        output.print(
            "",
            *draw_table(runs, output.width),
            "",
            following,
            sep="\n",
        )
