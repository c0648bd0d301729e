"""rnncli info: what a model is and where it comes from."""

from typing import Annotated

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import option
from rnncli.errors import InputError
from rnncli.names import command_line


def info(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files)
    ] = "model.npz",
    card: Annotated[bool, option("--card", help="A model card in Markdown, to share beside the file.")] = False,
    json: Annotated[bool, option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """What a model is and where it comes from: its text, how it was trained and with which versions, how well it does.

    \b
      rnncli info plays.npz
      rnncli info plays.npz --card > plays.md
    """
    import json as jsonlib
    import os
    import sys

    from rnncli.cli.model_input import command_for
    from rnncli.inspection.info import info_facts, model_info
    from rnncli.results import ViewResult
    from rnncli.storage import checkpoint
    from rnncli.terminal.console import write
    from rnncli.terminal.screen import screen
    from rnncli.terminal.view_result import draw_view_result

    if card and json:
        raise InputError("--card and --json are mutually exclusive; give one of them")
    loaded = checkpoint.load(model)
    data = model_info(loaded, os.path.getsize(model))
    if json:
        write(jsonlib.dumps(data, ensure_ascii=False, allow_nan=False) + "\n")
    elif card:
        from rnncli.terminal.card import model_card

        write(model_card(data))
    else:
        use = command_line(command_for(loaded.model), model)
        following = [use, command_line("inspect", model), command_line("info", model, options=["--card"])]
        question = "What is this model, and where does it come from?"
        result = ViewResult(facts=info_facts(data), next=following, question=question)
        output = screen(sys.stdout)
        text_width = output.width if output.is_terminal else sys.maxsize  # for grep, which finds whole facts
        output.print(draw_view_result(result, output.width, output.color_system is not None, text_width))
