"""The options of ``rnncli sweep``: the space, and those that it has from ``rnncli train``."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import int_range, option, settings
from rnncli.cli.train.options import OPTIONS as OF_TRAIN
from rnncli.cli.train.options import Request
from rnncli.training.request import VALUES
from rnncli.training.sweep.space import DEFAULT_SPACE, SWEPT, domain

SPACE, LENGTH, SWEEP = "Space", "Length of a trial", "Sweep and output"

DATA = ("task", "encoding", "normalize", "column", "shuffle", "max_length", "min_count", "validation")
FIXED = (*DATA, "seed", "workers")
"""The options of ``rnncli train`` that all trials have in common."""

HELP = {
    "cell": "Cells.",
    "layers": "Numbers of hidden layers.",
    "hidden_size": "Hidden units per layer.",
    "activation": "Activation functions of rnn and mlp.",
    "context": "Characters that an mlp sees.",
    "embedding_size": "Sizes of the character embedding.",
    "dropout": "Dropout probabilities.",
    "batch_size": "Streams of text, or lines, per step.",
    "seq_length": "Windows of truncated back-propagation.",
    "optimizer": "Optimizers.",
    "learning_rate": "Peak learning rates.",
    "class_weights": "Weights of a classifier's labels.",
    "schedule": "Learning rate schedules.",
    "warmup": "Steps of warm-up.",
    "clip_norm": "Largest norms of the gradient.",
    "weight_decay": "Decoupled weight decays.",
}


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _completion(names: tuple[str, ...]) -> dict[str, Callable[[str], list[str]]]:
    """Settings of an option that takes some of these names, with commas between them."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        chosen = before.split(",")
        return [f"{before}{comma}{name}" for name in names if name.startswith(last) and name not in chosen]

    return {"autocompletion": complete} if names else {}


def _swept(name: str) -> Any:
    values = domain(name)
    default = DEFAULT_SPACE.get(name, False)
    kept = {**settings(values), **_completion(values.names)}
    return option(_flag(name), help=HELP[name], panel=SPACE, show_default=default, **kept)


def _length(name: str, help: str, default: str | bool) -> Any:
    return option(_flag(name), help=help, panel=LENGTH, show_default=default, **settings(VALUES[name]))


def _sweep(*flags: str, **words: Any) -> Any:
    return option(*flags, panel=SWEEP, **words)


Declared = tuple[Any, Any]
"""The annotation of an option, and its default."""

OPTIONS: dict[str, Declared] = {
    "files": (
        Annotated[
            list[str],
            typer.Argument(metavar="FILE", help="Text files, folders, or - for standard input.", show_default=False),
        ],
        ...,
    ),
    "trials": (
        Annotated[
            int, _sweep("--trials", help="Number of trials, of all processes and starts together.", **int_range(1))
        ],
        30,
    ),
    "output": (
        Annotated[
            str,
            _sweep("-o", "--output", metavar="PATH", help="The model file of the best.", autocompletion=model_files),
        ],
        "model.npz",
    ),
    "storage": (
        Annotated[
            str,
            _sweep(
                "--storage",
                metavar="PATH",
                help="Journal of the sweep: whoever names the same one, from any machine, works on the same sweep.",
            ),
        ],
        "sweep.log",
    ),
    "html": (
        Annotated[
            str | None,
            _sweep("--html", metavar="PATH", help="Write a page with curves and parallel coordinates."),
        ],
        None,
    ),
    "force": (Annotated[bool, _sweep("-f", "--force", help="Replace an existing model.")], False),
    "json": (Annotated[bool, _sweep("--json", help="Events as JSON lines on standard output.")], False),
    "quiet": (Annotated[bool, _sweep("-q", "--quiet", help="Print the result and errors only.")], False),
    "time": (Annotated[float | None, _length("time", "Training time: 90s, 3m, 1h30m.", "1m")], None),
    "steps": (Annotated[int | None, _length("steps", "Number of steps.", False)], None),
    "epochs": (Annotated[float | None, _length("epochs", "Number of epochs.", False)], None),
    **{name: (Annotated[str | None, _swept(name)], None) for name in SWEPT},
    **{name: (Annotated[Request.__annotations__[name], OF_TRAIN[name].metadata["parameter"]], None) for name in FIXED},
}
"""In the order of the help."""
