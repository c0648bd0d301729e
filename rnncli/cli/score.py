"""rnncli score: how well a model predicts a text."""

from typing import Annotated

import typer

from rnncli.cli.options import option
from rnncli.errors import InputError


def score(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.", show_default=False)],
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="The text: files, folders, or - for standard input.", show_default=False),
    ],
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Tell how well a model predicts a text, read in one pass.

    \b
      rnncli score model.npz other.txt
      head -c 100000 corpus.txt | rnncli score model.npz - --json
    """
    import json as jsonlib

    from rnncli import checkpoint
    from rnncli.scoring import score as score_ids
    from rnncli.terminal.console import say, write
    from rnncli.terminal.words import count
    from rnncli.text.corpus import read_ids
    from rnncli.text.sources import open_sources

    network = checkpoint.load(model).model
    sources = open_sources(files, network.vocabulary.encoding)
    ids = read_ids(sources, network.vocabulary)
    for notice in sources.notices:
        say(notice)
    if len(ids) < 2:
        raise InputError(f"{', '.join(sources.names)} holds fewer than two characters, so there is nothing to predict")
    result = score_ids(network, ids)
    if json:
        figures = {
            "characters": result.characters,
            "nats_per_character": result.nats,
            "bits_per_character": result.bits,
            "perplexity": result.perplexity,
        }
        write(jsonlib.dumps(figures) + "\n")
    else:
        write(
            f"characters          {count(result.characters)}\n"
            f"nats per character  {result.nats:.4f}\n"
            f"bits per character  {result.bits:.4f}\n"
            f"perplexity          {result.perplexity:.3f}\n"
        )
