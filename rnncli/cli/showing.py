"""A result of a view or a lesson on standard output."""

import json as jsonlib
import sys

from rnncli.results import ViewResult
from rnncli.terminal.console import write
from rnncli.terminal.screen import screen
from rnncli.terminal.view_result import PIPE_WIDTH, as_csv, draw_view_result


def show(result: ViewResult, json: bool, csv: bool) -> None:
    """Print it as JSON, as CSV, or drawn."""
    if json:
        write(jsonlib.dumps(result.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
    elif csv:
        write(as_csv(result))
    else:
        output = screen(sys.stdout)
        text_width = output.width if output.is_terminal else PIPE_WIDTH
        output.print(draw_view_result(result, output.width, output.color_system is not None, text_width))
