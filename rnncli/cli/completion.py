"""What the shell offers for a value, beside the names that :func:`~rnncli.cli.options.one_of` takes.

Where nothing is offered, the shell completes files by itself.
"""

import glob
import os
import shlex

import typer


def model_files(incomplete: str) -> list[str]:
    """The model files that begin with ``incomplete``, and the folders that may hold further ones.

    Nothing where there are only folders, or where a name needs quotes: the shell itself leaves out the space after a
    folder, and quotes what needs it.
    """
    paths = sorted(glob.glob(glob.escape(incomplete) + "*"))
    models = [path for path in paths if path.endswith(".npz") and os.path.isfile(path)]
    folders = [os.path.join(path, "") for path in paths if os.path.isdir(path)]
    return [*models, *folders] if models and all(shlex.quote(path) == path for path in [*models, *folders]) else []


def further_models(ctx: typer.Context, incomplete: str) -> list[str]:
    """For the views of ``inspect`` that compare the model with others."""
    from rnncli.inspection.views import VIEWS

    view = VIEWS.get(ctx.params.get("view") or "")
    return model_files(incomplete) if view is not None and view.argument.startswith("MODEL") else []
