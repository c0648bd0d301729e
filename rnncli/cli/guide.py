"""rnncli guide: longer texts for users, in the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from rnncli.cli.options import one_of

PAGES = Path(__file__).parents[1] / "guide"
TOPICS = (
    *(
        "train",
        "sample",
        "tasks",
        "score",
        "inspect",
        "steer",
        "text",
        "counts",
        "share",
        "sweep",
        "machines",
        "python",
    ),
    *("notes", "promises", "measured", "format", "layout", "contributing", "changelog"),
)
"""The pages, in the order in which one would read them."""


def guide(
    topic: Annotated[
        str | None,
        typer.Argument(
            help=f"The page to read: {', '.join(TOPICS)}.",
            show_default="a list",
            **{**one_of(*TOPICS), "metavar": "[TOPIC]"},
        ),
    ] = None,
) -> None:
    """Read a page of the guide; without a topic, list the pages.

    A page that is longer than the screen is shown in a pager: $PAGER, or less. PAGER=cat does without.

    \b
      rnncli guide                     the pages, and what each is for
      rnncli guide train               the page on training
      rnncli guide train > train.md    that page as a file, in Markdown
    """
    import sys

    from rnncli.terminal.console import is_interactive, terminal_width, write
    from rnncli.terminal.words import wrapped

    if topic is None:
        width = terminal_width(sys.stdout)
        margin = 0 if width is None else max(map(len, TOPICS))
        gap = "\t" if width is None else "  "
        lines = (f"{name:<{margin}}{gap}{_page(name).partition(chr(10))[0].lstrip('# ')}\n" for name in TOPICS)
        write(wrapped("".join(lines), width))
    elif is_interactive(sys.stdout):
        from rich.markdown import Markdown

        from rnncli.terminal.pager import paged
        from rnncli.terminal.screen import screen

        console, page = screen(sys.stdout), Markdown(_page(topic), code_theme="ansi_light")
        with console.capture() as shown:
            console.print(page, soft_wrap=False)
        if not paged(shown.get()):
            console.print(page, soft_wrap=False)
    else:
        write(_page(topic))


def _page(topic: str) -> str:
    return (PAGES / f"{topic}.md").read_text("utf-8")
