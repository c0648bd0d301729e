"""The options of ``rnncli train``, each declared once."""

from dataclasses import Field, field
from functools import partial
from typing import Any

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import int_range, option, settings
from rnncli.training.request import VALUES

BY_SIZE = "by the size of the text"
LENGTH = "Length"


def _option(*flags: str, default: Any = None, **words: Any) -> Any:
    """A field of :class:`Request` that is an option. What it may be stands in :data:`VALUES`, where Python has it."""
    name = next(flag for flag in flags if flag.startswith("--")).partition("/")[0].removeprefix("--").replace("-", "_")
    values = settings(VALUES[name]) if name in VALUES else {}
    return field(default=default, metadata={"parameter": option(*flags, **{**values, **words})})


_network = partial(_option, panel="Network")
_learning = partial(_option, panel="Learning")
_length = partial(_option, panel=LENGTH)
_text = partial(_option, panel="Text")
_file = partial(_option, panel="Model file and output")


class Request:
    """A command line of ``rnncli train``; the class declares the options, an object holds what was given.

    A field declares an option: its flags and help, and by the function on the right the panel of the help. The values
    that it may have are declared in :mod:`rnncli.training.request`, for the command line and for Python. To add an
    option of the training, declare it there and here, and add a field of the same name to TrainingOptions.
    """

    files: list[str] = field(
        metadata={
            "parameter": typer.Argument(
                metavar="FILE", help="Text files, folders of text files, or - for standard input.", show_default=False
            )
        }
    )
    output: str = _file(
        "-o", "--output", default="model.npz", metavar="PATH", help="The model file.", autocompletion=model_files
    )
    task: str | None = _text(
        "--task",
        help="Generate text, or classify, tag or translate lines of two columns.",
        show_default="generate; guessed for .tsv files",
    )
    cell: str | None = _network(
        "--cell",
        help="Recurrent cell, or mlp: a feed-forward network over the last characters.",
        show_default="gru",
    )
    layers: int | None = _network(
        "--layers",
        help="Number of hidden layers; an mlp may have none.",
        show_default="2 for running text of 20,000 characters or more, else 1",
    )
    hidden_size: int | None = _network("--hidden-size", help="Hidden units per layer.", show_default=BY_SIZE)
    bidirectional: bool | None = _network(
        "--bidirectional/--no-bidirectional",
        formerly="--bidirectional/--one-direction",
        help="Read the text in both directions, which generate cannot.",
        show_default="both directions, except for generate",
    )
    activation: str | None = _network("--activation", help="Activation function of rnn and mlp.", show_default="tanh")
    context: int | None = _network("--context", help="Characters that an mlp sees.", show_default="8")
    embedding_size: int | None = _network(
        "--embedding-size",
        help="Size of the learnt character embedding; 0 is one-hot input.",
        show_default="0 up to 256 characters",
    )
    dropout: float | None = _network(
        "--dropout",
        help="Dropout probability, between layers and before the output.",
        show_default="by network size and length",
    )
    forget_bias: float | None = _network(
        "--forget-bias",
        help="Where the forget gate's bias of an lstm begins: the larger, the longer it remembers.",
        show_default="1",
    )
    ngram: int | None = _learning(
        "--ngram",
        help="Count n-grams of this order as well, and mix them with the network; 0 is none.",
        panel="Network",
        show_default="0",
    )
    encoding: str | None = _text(
        "--encoding",
        help="Encoding of the files, as Python names it; bytes learns them as bytes.",
        show_default="utf-8",
    )
    normalize: str | None = _text(
        "--normalize",
        help="Unicode normal form of the text, and of all that the model reads later.",
        show_default="nfc",
    )
    column: list[str] | None = _text(
        "--column",
        metavar="NAME",
        help="Of .csv and .jsonl files, the field to learn; twice for two columns, in the order of a .tsv.",
        show_default=False,
    )
    shuffle: str | None = _text(
        "--shuffle",
        help="Put lines or documents (files) in random order, for lists and collections.",
        show_default="as they come",
    )
    max_length: int | None = _text(
        "--max-length",
        help="Leave out lines of two columns with more characters in one of them.",
        show_default="100,000",
    )
    min_count: int | None = _text(
        "--min-count", show_default="1", help="Rarer characters are replaced by one unknown symbol."
    )
    validation: str | None = _text(
        "--validation",
        metavar="FRACTION|FILE",
        help="Fraction of the text to hold out for validation, or a validation file.",
        show_default="0.1; 0 for tiny texts",
    )
    validation_split: str | None = _text(
        "--validation-split",
        help="Hold out the end of the text, or the tail of every stream, as char-rnn does; it is easier to predict.",
        show_default="end",
    )
    batch_size: int | None = _learning(
        "--batch-size",
        help="Streams of text, or lines of two columns, per step.",
        show_default=BY_SIZE,
    )
    seq_length: int | None = _learning(
        "--seq-length",
        help="Window of truncated back-propagation through time, in characters.",
        show_default="64, or less",
    )
    state_reset: float | None = _learning(
        "--state-reset",
        metavar="P",
        help="Probability that a stream begins a window with the zero state.",
        show_default="0.0625; 0 for short texts",
    )
    optimizer: str | None = _learning("--optimizer", help="Optimizer.", show_default="adam")
    learning_rate: float | None = _learning(
        "--learning-rate",
        help="Peak learning rate.",
        show_default="by optimizer and cell; 0.005 or 0.008 for adam",
    )
    loss: str | None = _learning(
        "--loss",
        help="Loss function; mse is the mean squared error against one-hot targets.",
        show_default="cross-entropy",
    )
    class_weights: str | None = _learning(
        "--class-weights",
        help="Weights of a classifier's labels in the loss; balanced is inversely to how often they occur.",
        show_default="none",
    )
    schedule: str | None = _learning(
        "--schedule",
        help="Learning rate schedule over the run.",
        show_default="cosine",
    )
    warmup: int | None = _learning(
        "--warmup",
        help="Steps of linear warm-up of the learning rate.",
        show_default="500, 50 for lines of two columns; at most a tenth of the run",
    )
    clip_norm: float | None = _learning(
        "--clip-norm",
        help="Clip the gradient's global norm to this; 0 is no limit.",
        show_default="5",
    )
    weight_decay: float | None = _learning(
        "--weight-decay",
        help="Decoupled weight decay.",
        show_default="with Adam 0.05 for running text, 0.01 for classify; else 0",
    )
    seed: int | None = _learning("--seed", help="Random seed; the same seed gives the same model.", show_default="0")
    workers: int | None = _learning(
        "--workers",
        help="Number of processes that share each step.",
        show_default="by cores and network size; under MPI its ranks",
    )
    local_steps: int | None = _learning(
        "--local-steps",
        help="Steps that each process makes alone before parameters are averaged, for slow networks; 1 is exact.",
        show_default="1",
    )
    epochs: float | None = _length(
        "--epochs",
        help="Number of epochs.",
        show_default="a few minutes",
    )
    steps: int | None = _length("--steps", help="Number of steps.", show_default=False)
    time: float | None = _length("--time", help="Training time: 90s, 3m, 1h30m.", show_default=False)
    patience: int | None = _learning(
        "--patience",
        help="Stop early after this number of evaluations without improvement; 0 is never.",
        panel=LENGTH,
        show_default="0",
    )
    eval_every: int | None = _learning(
        "--eval-every",
        help="Steps between evaluations.",
        panel=LENGTH,
        show_default="at most 16 evaluations",
    )
    save_every: int | None = _file(
        "--save-every", help="Steps between saves.", show_default="at evaluations", **int_range(1)
    )
    log: str | None = _file(
        "--log",
        metavar="PATH",
        help="Write losses, rates and speed to this .csv file; --resume appends to it.",
        show_default=False,
    )
    tensorboard: str | None = _file(
        "--tensorboard", metavar="DIR", help="Write the same for TensorBoard to this folder.", show_default=False
    )
    init_from: str | None = _file(
        "--init-from",
        metavar="MODEL",
        help="Start from the weights, network and alphabet of this model.",
        show_default=False,
        autocompletion=model_files,
    )
    resume: bool = _file(
        "--resume", default=False, help="Resume the run that wrote the model file, exactly where it stopped."
    )
    force: bool = _file("-f", "--force", default=False, help="Replace an existing model and its log.")
    dry_run: bool = _file("-n", "--dry-run", default=False, help="Show what would be done, and write nothing.")
    json: bool = _file("--json", default=False, help="Events as JSON lines on standard output.")
    quiet: bool = _file("-q", "--quiet", default=False, help="Print errors only.")

    def __init__(self, **values: Any) -> None:
        # No dataclass: to build one of this many fields would be felt at every start of rnncli.
        vars(self).update({name: field.default for name, field in OPTIONS.items()} | values)

    @property
    def given(self) -> dict[str, Any]:
        """Those of the :class:`~rnncli.training.request.TrainOptions` that were given, by name."""
        values = {name: getattr(self, name) for name in VALUES}
        return {name: value for name, value in values.items() if value not in (None, (), [])}


OPTIONS: dict[str, Field[Any]] = {name: vars(Request)[name] for name in Request.__annotations__}
"""The declarations, in the order of the help."""
