"""rnncli help: the help of a command."""

from typing import Annotated, Any

import typer

from rnncli.errors import InputError


def _commands(ctx: typer.Context, incomplete: str) -> list[str]:
    root: Any = ctx.find_root().command
    return [name for name in root.list_commands(ctx) if name.startswith(incomplete)]


def help_(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND]",
            help="The command; of a lesson its name as well.",
            show_default=False,
            autocompletion=_commands,
        ),
    ] = None,
) -> None:
    """Show the help of a command; without one, list the commands.

    \b
      rnncli help              as rnncli --help
      rnncli help train        as rnncli train --help
      rnncli help lesson rnn   as rnncli lesson rnn --help
    """
    asked: Any = ctx.find_root()
    words = command or []
    while words and hasattr(asked.command, "resolve_command"):
        name, found, words = asked.command.resolve_command(asked, words)
        asked = found.make_context(name, [], parent=asked, resilient_parsing=True)
    if words:
        raise InputError(f"rnncli help takes one command, and {words[0]} stands after {asked.info_name}")
    typer.echo(asked.get_help())
