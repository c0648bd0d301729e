"""How options are declared: help, a default, completion, and messages for values that are wrong."""

import difflib
import math
import os
import re
import sys
from typing import Any

import typer
from typer.core import TyperCommand

from rnncli.cli.conversion import convert_without_pydantic
from rnncli.cli.help import page
from rnncli.errors import InputError
from rnncli.terminal.console import silence, write

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


def one_of(*names: str) -> dict[str, Any]:
    """Settings of an option that takes one of some names, which the shell completes; a misspelt one gets a
    suggestion."""

    def parse(value: str) -> str:
        if value not in names:
            close = difflib.get_close_matches(value.lower(), names, 1)
            hint = f"did you mean {close[0]}?" if close else f"it takes {' or '.join(names)}"
            raise typer.BadParameter(f"{value!r} is not known; {hint}")
        return value

    def complete(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return {"parser": parse, "metavar": "|".join(names), "autocompletion": complete}


def int_range(low: int, high: int = 2**53) -> dict[str, Any]:
    """Settings of an option that takes an integer, ``low`` ≤ n ≤ ``high``."""

    def parse(value: str | int) -> int:
        try:
            number = int(value)
        except ValueError:
            raise typer.BadParameter(f"{value!r} is not an integer") from None
        if not low <= number <= high:
            raise typer.BadParameter(
                f"{number} is {'below' if number < low else 'above'} {low if number < low else high}"
            )
        return number

    return {"parser": parse, "metavar": "N"}


def float_range(low: float, high: float = math.inf, open_low: bool = False, open_high: bool = False) -> dict[str, Any]:
    """Settings of an option that takes a finite number between two bounds, each of them inclusive unless ``open``."""

    def parse(value: str | float) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        inside = (low < number if open_low else low <= number) and (number < high if open_high else number <= high)
        if not (inside and math.isfinite(number)):
            lower = f"{'above' if open_low else 'of at least'} {low:g}"
            upper = f" and {'below' if open_high else 'at most'} {high:g}" if math.isfinite(high) else ""
            raise typer.BadParameter(f"{value} is not a finite number {lower}{upper}")
        return number

    return {"parser": parse, "metavar": "NUMBER"}


USUAL_ENCODINGS = ("utf-8", "bytes", "utf-16", "latin-1", "cp1252", "cp949", "euc_kr", "shift_jis", "gb18030", "big5")


def encoding_name(value: str) -> str:
    """The name under which an encoding is recorded: bytes, or that of a codec of Python."""
    from rnncli.datasets.reading import canonical_encoding

    found = canonical_encoding(value)
    if found is None:
        close = difflib.get_close_matches(value.lower(), USUAL_ENCODINGS, 1)
        hint = f"did you mean {close[0]}?" if close else f"Python has {', '.join(USUAL_ENCODINGS)} and more"
        raise typer.BadParameter(f"{value!r} is no encoding of text; {hint}")
    return found


ENCODING: dict[str, Any] = {"parser": encoding_name, "metavar": "NAME"}
"""Settings of an option that takes an encoding."""


def encoding_option(panel: str | None = None) -> Any:
    """``--encoding`` of the commands that read other texts."""
    return option("--encoding", help="Encoding of the files.", panel=panel, show_default="utf-8", **ENCODING)


def temperature_range(value: Any) -> tuple[float, float]:
    """The first and the last temperature: of 0.5:1.2 these two, of 0.7 the same twice."""
    first, colon, last = str(value).partition(":")
    parse = float_range(0)["parser"]
    return parse(first), parse(last if colon else first)


def duration(value: str | float) -> float:
    """Seconds from what a user writes: 90, 90s, 3m, 1.5h, 1h30m."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}
    if not isinstance(value, str):
        return value  # a default
    if re.fullmatch(r"(\d+(\.\d+)?[hms])+|\d+(\.\d+)?", value):
        seconds = sum(float(n) * units[unit] for n, unit in re.findall(r"(\d+(?:\.\d+)?)([hms]?)", value))
        if seconds > 0:
            return seconds
    raise typer.BadParameter(f"{value!r} is not a duration; write 90s, 3m or 1h30m")


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
