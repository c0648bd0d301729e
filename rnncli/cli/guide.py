"""rnncli guide: longer texts for users, in the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from rnncli.cli.options import one_of

PAGES = Path(__file__).parents[1] / "guide"
TOPICS = sorted(page.stem for page in PAGES.glob("*.md"))


def guide(
    topic: Annotated[
        str | None,
        typer.Argument(help="The page to read.", show_default="a list", **{**one_of(*TOPICS), "metavar": "[TOPIC]"}),
    ] = None,
) -> None:
    """Read a page of the guide; without a topic, list the pages.

    \b
      rnncli guide                what pages there are
      rnncli guide python         train, save, sample, score and predict from Python
      rnncli guide text           what is read, changed, left out and refused of your text
      rnncli guide counts         what an n-gram model beside the network gives, and costs
      rnncli guide machines       one run over many processes and computers
      rnncli guide sweep          which network suits a text: sweeps, on one machine and on many
      rnncli guide share          a model as a page, for PyTorch, for ONNX Runtime; weights from PyTorch
      rnncli guide contributing   how to add a cell, a task, a view, an option, an optimizer
    """
    import sys

    from rnncli.terminal.console import is_interactive, terminal_width, write
    from rnncli.terminal.words import wrapped

    if topic is None:
        width = terminal_width(sys.stdout)
        gap = "\t" if width is None else "  "
        lines = (f"{name}{gap}{_page(name).partition(chr(10))[0].lstrip('# ')}\n" for name in TOPICS)
        write(wrapped("".join(lines), width))
    elif is_interactive(sys.stdout):
        from rich.markdown import Markdown

        from rnncli.terminal.screen import screen

        screen(sys.stdout).print(Markdown(_page(topic), code_theme="ansi_light"), soft_wrap=False)
    else:
        write(_page(topic))


def _page(topic: str) -> str:
    return (PAGES / f"{topic}.md").read_text("utf-8")
