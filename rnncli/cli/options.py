"""How options are declared: help, a default, an environment variable, and values that say what is wrong with them."""

import difflib
import math
import re
from typing import Any

import typer

from rnncli.errors import InputError


def option(*flags: str, help: str, panel: str | None = None, **settings: Any) -> Any:
    """A Typer option that can also be set as RNNCLI_<OPTION>; the command line beats the environment."""
    long = next(flag for flag in flags if flag.startswith("--"))
    variable = "RNNCLI_" + long.removeprefix("--").replace("-", "_").upper()
    return typer.Option(*flags, help=help, rich_help_panel=panel, envvar=variable, show_envvar=False, **settings)


def one_of(*names: str) -> dict[str, Any]:
    """Settings of an option that takes one of some names; a misspelt one gets a suggestion."""

    def parse(value: str) -> str:
        if value not in names:
            close = difflib.get_close_matches(value, names, 1)
            hint = f"did you mean {close[0]}?" if close else f"it takes {', '.join(names[:-1])} or {names[-1]}"
            raise typer.BadParameter(f"{value!r} is not known; {hint}")
        return value

    return {"parser": parse, "metavar": "|".join(names)}


def real(low: float, high: float = math.inf, open_low: bool = False, open_high: bool = False) -> dict[str, Any]:
    """Settings of an option that takes a number between two bounds, NaN and infinity excluded."""

    def parse(value: str | float) -> float:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        inside = (low < number if open_low else low <= number) and (number < high if open_high else number <= high)
        if not (inside and math.isfinite(number)):
            lower = f"{'above' if open_low else 'of at least'} {low:g}"
            upper = f" and {'below' if open_high else 'at most'} {high:g}" if math.isfinite(high) else ""
            raise typer.BadParameter(f"{value} is not a number {lower}{upper}")
        return number

    return {"parser": parse, "metavar": "NUMBER"}


def duration(value: str | float) -> float:
    """Seconds from what a user writes: 90, 90s, 3m, 1.5h, 1h30m."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0}
    if not isinstance(value, str):
        return value  # a default
    if re.fullmatch(r"(\d+(\.\d+)?[hms])+|\d+(\.\d+)?", value):
        seconds = sum(float(n) * units[unit] for n, unit in re.findall(r"(\d+(?:\.\d+)?)([hms]?)", value))
        if seconds > 0:
            return seconds
    raise typer.BadParameter(f"{value!r} is not a length of time; write 90s, 3m or 1h30m")


def at_most_one(**given: object) -> None:
    """InputError if more than one of these options was given."""
    names = ["--" + name.replace("_", "-") for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise InputError(f"{' and '.join(names)} exclude each other; give one of them")
