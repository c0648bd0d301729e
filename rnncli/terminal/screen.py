"""Rich consoles on standard output and standard error."""

import os
from typing import TextIO, cast

from rich.console import Console

from rnncli.terminal.console import Messages


class Screen(Console):
    """A console that does not end the process when the reader of standard output is gone, but raises its error."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def screen(stream: TextIO | Messages) -> Screen:
    """A console on this stream. Only a terminal gets colours, and not with NO_COLOR or TERM=dumb; text is never
    interpreted as markup."""
    return Screen(
        file=cast(TextIO, stream),
        color_system=None if os.environ.get("NO_COLOR") else "auto",  # Rich itself would keep bold and dim
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )
