"""Options from the environment: RNNCLI_<COMMAND>_<OPTION>, or RNNCLI_<OPTION> for every command that has the option."""

import difflib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from rnncli.cli.options import RENAMED

PREFIX = "RNNCLI_"

SHARED = {
    *("--cell", "--layers", "--hidden-size", "--embedding-size", "--batch-size", "--seq-length"),
    *("--workers", "--time", "--seed", "--label", "--train", "--json", "--encoding", "--skip-unknown", "--streams"),
    *("--network-only", "--output", "--force", "--quiet", "--activation", "--text", "--html", "--task", "--normalize"),
    *("--column", "--shuffle", "--max-length", "--min-count", "--validation", "--epochs", "--steps", "--dropout"),
    *("--optimizer", "--learning-rate", "--class-weights", "--schedule", "--warmup", "--clip-norm", "--weight-decay"),
}
"""Options that mean the same in each of the commands that have them. Any other option of several commands is ambiguous
without the name of the command, as --context is, so that RNNCLI_<OPTION> has no effect."""

OTHERS = {"RNNCLI_DEBUG"}
"""Variables that are no options."""


class Variables:
    """The variables of the options of some ``commands``, which are given to these options here, the scoped one first.

    A variable has one value, so that an option which may be repeated is set once; a blank does not split it. The
    command line beats the environment. An option of a command within a command, such as a lesson, has the variable with
    both their names alone.
    """

    def __init__(self, commands: Mapping[str, Any]) -> None:
        self._scoped: dict[str, list[str]] = {}
        """For each long flag the variables that carry the name of a command."""

        options = [(name, option) for name, command in commands.items() for option in _options(command)]
        for command, option in options:
            self._scoped.setdefault(_long(option), []).append(_variable(f"{command}-{_long(option)}"))
        former: dict[str, list[str]] = {}
        for old, new in RENAMED.items():
            former.setdefault(new, []).append(old)
        self._known = set(OTHERS)
        for command, option in options:
            flag = _long(option)
            flags = [] if self._is_ambiguous(flag) else [flag, *former.get(flag, [])]
            option.envvar = list(dict.fromkeys([_variable(f"{command}-{flag}"), *map(_variable, flags)]))
            if option.multiple:
                option.value_from_envvar = partial(_single_value, option)
            self._known.update(option.envvar)
        for name, group in commands.items():
            for inner, command in getattr(group, "commands", {}).items():
                for option in _options(command):
                    option.envvar = [_variable(f"{name}-{inner}-{_long(option)}")]
                    self._known.update(option.envvar)

    def _is_ambiguous(self, flag: str) -> bool:
        return len(self._scoped[flag]) > 1 and flag not in SHARED

    def warnings(self, environment: Mapping[str, str]) -> Iterator[str]:
        """A sentence for each variable of rnncli that is set and has no effect."""
        ambiguous = {_variable(flag): scoped for flag, scoped in self._scoped.items() if self._is_ambiguous(flag)}
        names = sorted(known.removeprefix(PREFIX) for known in self._known | set(ambiguous))
        for name in sorted(name for name, value in environment.items() if name.startswith(PREFIX) and value):
            if name in self._known:
                continue
            if name in ambiguous:
                hint = f"it is ambiguous; set {' or '.join(ambiguous[name])}"
            elif close := difflib.get_close_matches(name.removeprefix(PREFIX), names, 1):
                meant = ambiguous.get(PREFIX + close[0], [PREFIX + close[0]])
                hint = f"it is not known; did you mean {' or '.join(meant)}?"
            else:
                hint = "it is not known; rnncli COMMAND --help lists the options"
            yield f"warning: {name} has no effect: {hint}"


def _options(command: Any) -> list[Any]:
    return [parameter for parameter in command.params if parameter.param_type_name == "option"]


def _long(option: Any) -> str:
    return next(flag for flag in option.opts if flag.startswith("--"))


def _variable(flag: str) -> str:
    return PREFIX + flag.replace("--", "").replace("-", "_").upper()


def _single_value(option: Any, ctx: Any) -> list[str] | None:
    """Instead of what Typer does, which splits the value of a variable at blanks."""
    value = option.resolve_envvar_value(ctx)
    return None if value is None else [value]
