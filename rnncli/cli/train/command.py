"""rnncli train: train a model on texts."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING
from typing import Annotated, Any

import typer

from rnncli.cli.options import mutually_exclusive
from rnncli.cli.train.options import OPTIONS, Request
from rnncli.training.request import LENGTHS


def _takes_a_request(command: Callable[..., None]) -> Callable[..., None]:
    """Let Typer, which reads the signature of a command, see the fields of Request instead of ``**values``."""
    signature = inspect.signature(command)
    parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    for name, field in OPTIONS.items():
        annotation: Any = Annotated[Request.__annotations__[name], field.metadata["parameter"]]
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        kind = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(name, kind, default=default, annotation=annotation))
    described: Any = command
    described.__signature__ = signature.replace(parameters=parameters)
    return command


@_takes_a_request
def train(ctx: typer.Context, **values: Any) -> None:
    """Train a model on texts, character by character, and save it.

    \b
      rnncli train corpus.txt                         a few minutes, to model.npz
      rnncli train corpus.txt --time 10m -o big.npz   ten minutes, to big.npz
      rnncli train corpus.txt --resume --time 20m     resume it, for 20 minutes in all
      cat *.md | rnncli train - --cell lstm           standard input, another cell
      rnncli train names.tsv --task classify          label<TAB>text in each line
    """
    lengths = {name: values[name] for name in LENGTHS}
    values |= dict.fromkeys(lengths) | mutually_exclusive(ctx, **lengths)
    from rnncli.cli.train.run import run

    run(Request(**values))
