"""How options are declared: help, a default, completion, and messages for values that are wrong."""

import math
import os
import sys
from typing import Any

import typer
from typer.core import TyperCommand

from rnncli.cli.conversion import convert_without_pydantic
from rnncli.cli.help_page import page
from rnncli.errors import InputError
from rnncli.terminal.console import silence, write
from rnncli.training import values
from rnncli.training.values import Values

RENAMED: dict[str, str] = {}
"""Former flags of options that were renamed, and their present ones."""


def option(*flags: str, help: str, panel: str | None = None, formerly: str | None = None, **settings: Any) -> Any:
    """A Typer option. Its environment variables follow from its long flag and its command, see
    :mod:`rnncli.cli.environment`.

    ``formerly`` is the long flag, or pair of flags (``--a/--no-a``), of an option that was renamed. It keeps working,
    its variable as well, and no help shows it.
    """
    if formerly is not None:
        long = next(flag for flag in flags if flag.startswith("--"))
        RENAMED.update(zip(formerly.split("/"), long.split("/"), strict=True))
    return typer.Option(*flags, help=help, rich_help_panel=panel, show_envvar=False, **settings)


class OwnCommand:
    """A command with our own pages of help and conversion of values."""

    def get_params(self, ctx: Any) -> list[Any]:
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            convert_without_pydantic(parameter)
        return parameters

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """A reader that has seen enough, as ``head`` has, is no error."""
        try:
            write(page(ctx))
        except BrokenPipeError:
            silence(sys.stdout)
            raise typer.Exit from None


class Command(OwnCommand, TyperCommand):
    """A command whose renamed options may still be typed by their former flags. An error in a value from the
    environment names the variable."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {flag for parameter in self.params for flag in (*parameter.opts, *parameter.secondary_opts)}
        renamed = {old: new for old, new in RENAMED.items() if new in known and old not in known}
        try:
            return super().parse_args(ctx, [_present(word, renamed) for word in args])
        except typer.BadParameter as error:
            option = error.param
            if option is not None and _source(ctx, option.name) == "ENVIRONMENT":
                error.param_hint = next(name for name in option.envvar or () if os.environ.get(name))
            raise


def _present(word: str, renamed: dict[str, str]) -> str:
    flag, equals, value = word.partition("=")
    return renamed.get(flag, flag) + equals + value


def settings(choices: Values) -> dict[str, Any]:
    """Settings of an option that takes these values: its parser, what the help shows, and what the shell completes."""
    if not choices.metavar:
        return {}

    def parse(value: Any) -> Any:
        try:
            return choices.parse(value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    def complete(incomplete: str) -> list[str]:
        return [name for name in choices.names if name.startswith(incomplete)]

    completion = {"autocompletion": complete} if choices.names else {}
    return {"parser": parse, "metavar": choices.metavar, **completion}


def one_of(*names: str) -> dict[str, Any]:
    """Settings of an option that takes one of some names, which the shell completes."""
    return settings(values.one_of(*names))


def int_range(low: int, high: int = 2**53) -> dict[str, Any]:
    """Settings of an option that takes an integer, ``low`` ≤ n ≤ ``high``."""
    return settings(values.int_range(low, high))


def float_range(low: float, high: float = math.inf, open_low: bool = False, open_high: bool = False) -> dict[str, Any]:
    """Settings of an option that takes a finite number between two bounds, each of them inclusive unless ``open``."""
    return settings(values.float_range(low, high, open_low, open_high))


ENCODING = settings(values.ENCODING)
"""Settings of an option that takes an encoding."""


def encoding_option(panel: str | None = None) -> Any:
    """``--encoding`` of the commands that read other texts."""
    return option("--encoding", help="Encoding of the files.", panel=panel, show_default="utf-8", **ENCODING)


def temperature_range(value: Any) -> tuple[float, float]:
    """The first and the last temperature: of 0.5:1.2 these two, of 0.7 the same twice."""
    first, colon, last = str(value).partition(":")
    parse = float_range(0)["parser"]
    return parse(first), parse(last if colon else first)


duration: Any = settings(values.DURATION)["parser"]
"""Seconds from what a user writes: 90, 90s, 3m, 1.5h, 1h30m."""


def mutually_exclusive(ctx: typer.Context, **options: Any) -> dict[str, Any]:
    """The one of these options that was given, or none. The command line beats the environment; InputError for two in
    the same place."""
    given = {name: value for name, value in options.items() if value is not None}
    typed = {name: value for name, value in given.items() if _source(ctx, name) == "COMMANDLINE"}
    chosen = typed or given
    if len(chosen) > 1:
        names = " and ".join("--" + name.replace("_", "-") for name in chosen)
        raise InputError(f"{names} are mutually exclusive; give one of them")
    return chosen


def _source(ctx: typer.Context, name: str) -> str:
    source = ctx.get_parameter_source(name)
    return source.name if source else ""
