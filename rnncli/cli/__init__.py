"""What the user types: one file per command, which parses, calls and prints, and does no mathematics.

Heavy imports stay inside the commands, so that ``rnncli --version`` does not load NumPy.
"""

from rnncli.cli import inspect, sample, score, train
from rnncli.cli.app import app

for command in (train.train, sample.sample, score.score, inspect.inspect):
    app.command()(command)


def main() -> None:
    """The entry point of the command line."""
    app()
