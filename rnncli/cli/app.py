"""The application, and the one place where errors become messages and exit codes."""

import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rnncli import names
from rnncli.cli.environment import Variables
from rnncli.cli.options import OwnCommand
from rnncli.errors import RnncliError
from rnncli.launcher import launched
from rnncli.terminal.console import say, silence

SHARED_WORK = {"train", "score", "bench", "sweep"}
"""Commands that all ranks of an MPI launcher work at; of every other one is enough."""


class Commands(OwnCommand, TyperGroup):
    """Prints errors as one sentence. Exit codes: 0 done, 1 it failed, 2 wrong usage or bad input, 130 interrupted."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._variables = Variables(self.commands)

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of use, not alphabetical; Typer has the lessons first, which are commands of a command."""
        ordered = [name for name in self.commands if name != "lesson"]
        ordered.insert(ordered.index("guide"), "lesson")
        return ordered

    def invoke(self, ctx: Any) -> Any:
        for warning in self._variables.warnings(os.environ):
            say(warning)
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of standard output, such as `head`, has closed it
            silence(sys.stdout)
            raise typer.Exit from None

    def main(self, *args: Any, **extra: Any) -> Any:
        exits = extra.pop("standalone_mode", True)
        rank, _ = launched()
        if rank:  # a launcher starts the command many times, and rank 0 has the one voice
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            if not SHARED_WORK & set(sys.argv[1:2]):
                sys.exit(0)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # for terminals without UTF-8
        debug = os.environ.get("RNNCLI_DEBUG", "0") != "0"
        try:
            status = super().main(*args, **{**extra, "standalone_mode": False})
            if sys.stdout is not None:
                sys.stdout.flush()
        except (RnncliError, typer.TyperException) as error:
            if debug:
                raise
            message = error.format_message() if isinstance(error, typer.TyperException) else str(error)
            say(f"error: {message}")
            status = error.exit_code
        except OSError as error:
            say(f"error: {error.filename or 'standard output'} could not be used: {error.strerror}")
            status = 1
        except MemoryError:
            say("error: not enough memory; use a smaller network or batch")
            status = 1
        except (KeyboardInterrupt, typer.Abort):
            status = 130
        except Exception as error:
            if debug:
                raise
            say(f"error: internal error: {type(error).__name__}: {error}; RNNCLI_DEBUG=1 shows the traceback")
            status = 1
        if not exits:
            return status
        sys.exit(status if isinstance(status, int) else 0)


app = typer.Typer(
    name="rnncli",
    cls=Commands,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Every option can also be set in the environment: RNNCLI_TRAIN_HIDDEN_SIZE=128 for train --hidden-size 128, "
    "RNNCLI_HIDDEN_SIZE=128 for every command. An option that differs between commands, as --context, takes the first "
    "form only. A variable holds one value.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rnncli {names.__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("-V", "--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Character-level recurrent networks: train on a text, generate text, look inside.

    \b
      rnncli train corpus.txt        train on a text, write model.npz
      rnncli sample --prime hell     continue the text hell
      rnncli inspect model.npz       look inside the network
    """
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
