"""Rich's console on one of the two streams."""

import os
import sys
from typing import TextIO

from rich.console import Console

from rnncli.terminal.console import silence


class Screen(Console):
    """A console that does not end the program when nobody reads standard error any more."""

    def on_broken_pipe(self) -> None:
        if self.file is sys.stdout:
            raise BrokenPipeError
        silence(self.file)


def screen(stream: TextIO) -> Screen:
    """A console on this stream. Colours only on a terminal, and not with NO_COLOR or TERM=dumb; texts are never read
    as markup."""
    return Screen(
        file=stream,
        color_system=None if os.environ.get("NO_COLOR") else "auto",  # Rich itself would keep bold and dim
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )
