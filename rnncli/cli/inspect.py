"""rnncli inspect: look inside a model."""

from typing import Annotated

import typer

from rnncli.cli.options import one_of, option, whole
from rnncli.errors import InputError

VIEWS = ("overview",)


def inspect(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.")] = "model.npz",
    view: Annotated[str, typer.Argument(help="What to look at.", **{**one_of(*VIEWS), "metavar": "VIEW"})] = "overview",
    prime: Annotated[
        str,
        option(
            "--prime",
            help="A text to read, or -: what is expected at each character, and the hidden state there.",
        ),
    ] = "",
    layer: Annotated[
        int | None,
        option("--layer", help="The layer whose hidden state is shown.", **whole(1), show_default="the top one"),
    ] = None,
    label: Annotated[
        str | None,
        option("--label", help="The label that the text has, for a model of some.", show_default=False),
    ] = None,
    json: Annotated[bool, option("--json", help="The same as data, one JSON object.")] = False,
) -> None:
    """Look inside a model: what it is, what it learnt from and how well, and what it thinks of a text.

    \b
      rnncli inspect model.npz                what it is
      rnncli inspect model.npz --prime hell   and what it expects, reading hell
    """
    import json as jsonlib
    import sys

    from rnncli import checkpoint
    from rnncli.cli.priming import primed
    from rnncli.inspection.overview import overview
    from rnncli.inspection.prime import read_prime
    from rnncli.terminal.console import write
    from rnncli.terminal.overview import draw_overview, draw_prime
    from rnncli.terminal.screen import screen
    from rnncli.terminal.words import plural

    loaded = checkpoint.load(model)
    layers = loaded.model.config.layers
    if layer is not None and layer > layers:
        raise InputError(f"{model} has {plural(layers, 'layer')}, so there is no layer {layer}")
    summary = overview(loaded)
    steps = read_prime(loaded.model, primed(prime, loaded.model.vocabulary), label=label)
    if json:
        write(
            jsonlib.dumps({**summary.to_json(), "prime": [step.to_json() for step in steps]}, ensure_ascii=False) + "\n"
        )
        return
    output = screen(sys.stdout)
    output.print(draw_overview(summary, output.width))
    if steps:
        output.print(draw_prime(steps, layer or layers, output.width))
