"""Values of options without pydantic.

Typer (0.29 and later) converts every value with pydantic, whose import alone takes a third of the time of a short
command. Our options are strings, or have a parser of their own, or are flags, and need none of it.
"""

from collections.abc import Callable
from typing import Any


class OwnConversion:
    """What Typer asks to convert the values of an option: by ``parser``, or where that is None, as a flag has none, by
    what ``typers`` makes once it is needed."""

    def __init__(self, parser: Callable[[Any], Any] | None, typers: Any) -> None:
        self._parser, self._typers = parser, typers

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value, or list of values, that the command receives; whatever the parser raises."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._parser is None:
            return self._typers().coerce(value, param=param, ctx=ctx)
        if isinstance(value, list | tuple):
            return [self._parser(one) for one in value]
        return self._parser(value)


def convert_without_pydantic(parameter: Any) -> None:
    """Give ``parameter`` of a Typer command an :class:`OwnConversion`. With another Typer, which does not ask for one,
    this has no effect."""
    described = getattr(parameter, "type_descriptor", None)
    if described is not None and "get_runtime_param" not in vars(parameter):  # once
        parser = described.parameter_info.parser or (str if described.annotation in (str, list[str]) else None)
        conversion = OwnConversion(parser, getattr(parameter, "get_runtime_param", None))
        parameter.get_runtime_param = lambda: conversion
