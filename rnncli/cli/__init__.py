"""What the user types: one file per command, which parses, calls and prints, and does no mathematics.

Heavy imports stay inside the commands, so that ``rnncli --version`` does not load NumPy.
"""

import os

from rnncli.cli import bench, compare, export, guide, help, import_, info, inspect, lesson, predict, sample, score
from rnncli.cli.app import app
from rnncli.cli.options import Command
from rnncli.cli.sweep.command import sweep
from rnncli.cli.train.command import train

__all__ = ["app", "main"]

COMMANDS = (
    train,
    sweep,
    sample.sample,
    predict.predict,
    score.score,
    compare.compare,
    inspect.inspect,
    info.info,
    export.export,
    import_.import_,
    bench.bench,
    guide.guide,
    help.help_,
)
for command in COMMANDS:
    app.command(command.__name__.rstrip("_"), cls=Command)(command)
app.add_typer(lesson.lessons, name="lesson")


def main() -> None:
    """The entry point of the command line."""
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ.setdefault(variable, "1")  # our processes share the work; read when NumPy is imported
    app()
