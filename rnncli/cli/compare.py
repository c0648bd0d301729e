"""rnncli compare: several models on the same text, beside models that count."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rnncli.cli.options import option
from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.models.language_model import LanguageModel
    from rnncli.storage.checkpoint import Checkpoint

ORDERS = (2, 4, 6, 8)
"""Orders of the n-gram models that stand beside the networks."""


def compare(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL... FILE", help="Model files, then a text.", show_default=False)
    ],
    train: Annotated[
        list[str] | None,
        option(
            "--train",
            metavar="FILE",
            help="A text for n-gram models.",
            show_default="what the first model has learnt, where it still is as it was",
        ),
    ] = None,
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Put models side by side: how large each is, how long it learnt, how well it predicts the same text.

    \b
      rnncli compare gru.npz lstm.npz unseen.txt
      rnncli compare gru.npz unseen.txt --train corpus.txt    n-gram models of another text beside it
    """
    from rnncli.datasets.sources import open_sources
    from rnncli.models.language_model import LanguageModel
    from rnncli.storage import checkpoint
    from rnncli.terminal.console import say

    *paths, file = models
    if not paths:
        raise InputError("compare takes one model at least, and then a text: rnncli compare A.npz B.npz TEXT")
    loaded = {path: checkpoint.load(path) for path in paths}
    for path, one in loaded.items():
        if not isinstance(one.model, LanguageModel) or one.model.partner is not None:
            raise InputError(f"{path} has not learnt running text, so there is no loss of it to compare")
    first = loaded[paths[0]].model.vocabulary
    text = "".join(open_sources([file], first.encoding).pieces())
    rows = []
    for path, one in loaded.items():
        if one.model.vocabulary.encoding != first.encoding:
            raise InputError(f"{path} reads {one.model.vocabulary.encoding} and {paths[0]} {first.encoding}")
        rows.append(_network(path, one, text, file))
    try:
        rows += _ngrams(paths[0], loaded[paths[0]], train or [], text, file)
    except InputError as error:
        if train:
            raise
        say(f"no n-gram models: {error}")
    _print(sorted(rows, key=lambda row: row["nats_per_character"]), json)


def _network(path: str, loaded: "Checkpoint", text: str, name: str) -> dict[str, Any]:
    from rnncli.evaluation.losses import score
    from rnncli.terminal.words import network

    ids = loaded.model.vocabulary.encode(text, name)
    if len(ids) < 2:
        raise InputError(f"{name} holds fewer than two characters, so there is nothing to predict")
    state = loaded.record.get("state", {})
    result = score(cast("LanguageModel", loaded.model), ids)
    return {
        "model": path,
        "network": network(loaded.model.config.to_json()),
        "parameters": loaded.model.parameters.flat.size,
        "steps": state.get("step", 0),
        "seconds": state.get("seconds") or None,
        "nats_per_character": result.nats,
        "bits_per_character": result.bits,
    }


def _ngrams(path: str, loaded: "Checkpoint", train: list[str], text: str, name: str) -> list[dict[str, Any]]:
    import math

    from rnncli.cli.models import ngram_nats

    rows = []
    ids = loaded.model.vocabulary.encode(text, name)
    for order in ORDERS:
        nats = ngram_nats(path, loaded, train, ids, order)
        rows.append(
            {
                "model": f"{order}-gram model",
                "network": "interpolated modified Kneser-Ney",
                "parameters": None,
                "steps": None,
                "seconds": None,
                "nats_per_character": nats,
                "bits_per_character": nats / math.log(2),
            }
        )
    return rows


def _print(rows: list[dict[str, Any]], json: bool) -> None:
    import sys

    from rnncli.results import Table
    from rnncli.terminal.console import write
    from rnncli.terminal.screen import screen
    from rnncli.terminal.view_result import draw_table
    from rnncli.terminal.words import seconds

    if json:
        write(jsonlib.dumps({"models": rows}, ensure_ascii=False) + "\n")
        return
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
    screen(sys.stdout).print(*draw_table(Table("", columns, cells)))
