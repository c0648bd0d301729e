"""rnncli sweep: find the network that suits a text."""

import inspect
from typing import Any

import typer

from rnncli.cli.options import mutually_exclusive
from rnncli.cli.sweep.options import OPTIONS
from rnncli.training.request import LENGTHS


def sweep(ctx: typer.Context, **values: Any) -> None:
    """Find the network that suits a text: many short runs, whose options Optuna chooses; the best model is kept.

    The first trial is what rnncli train would take. The same command again goes on where the sweep was stopped, and in
    another terminal or on another machine it joins in. An option of the space has several values (gru,lstm), a range
    (128:768), or one value; where no default stands, it is that of train.

    \b
      rnncli sweep corpus.txt --trials 30 --time 1m               the best of half an hour, to model.npz
      rnncli sweep corpus.txt --cell lstm --hidden-size 128:768   another space
      rnncli sweep names.tsv --time 20s --html sweep.html         by macro-F1; with a page of charts
    """
    lengths = {name: values.pop(name) for name in LENGTHS}
    from rnncli.cli.sweep.request import SweepRequest
    from rnncli.cli.sweep.run import run

    run(SweepRequest.of(values, mutually_exclusive(ctx, **lengths)))


_parameters = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, (annotation, default) in OPTIONS.items()
]
_parameters[0] = _parameters[0].replace(default=inspect.Parameter.empty)  # the files are required
# Typer reads the signature of a command, and would see ``**values``.
sweep.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context), *_parameters]
)
