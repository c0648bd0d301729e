"""Rich consoles on standard output and standard error."""

import os
import sys
from typing import TextIO

from rich.console import Console

from rnncli.terminal.console import silence


class Screen(Console):
    """A console that survives a closed pipe on standard error."""

    def on_broken_pipe(self) -> None:
        if self.file is sys.stdout:
            raise BrokenPipeError
        silence(self.file)


def screen(stream: TextIO) -> Screen:
    """A console on this stream. Only a terminal gets colours, and not with NO_COLOR or TERM=dumb; text is never
    interpreted as markup."""
    return Screen(
        file=stream,
        color_system=None if os.environ.get("NO_COLOR") else "auto",  # Rich itself would keep bold and dim
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )
