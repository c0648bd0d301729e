"""rnncli import: a recurrent network of another tool as a model."""

from typing import Annotated

import typer

from rnncli import names
from rnncli.cli.completion import model_files
from rnncli.cli.options import one_of, option


def import_(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The weights: .safetensors, .pt or .pth.")],
    output: Annotated[
        str, option("-o", "--output", metavar="PATH", help="The model file.", autocompletion=model_files)
    ] = "model.npz",
    alphabet: Annotated[
        str | None,
        option(
            "--alphabet",
            metavar="FILE",
            help="Text whose characters, in order, have the ids 0, 1, and so on.",
            show_default="that in the file",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        option(
            "--labels",
            metavar="FILE",
            help="Labels of a classifier in the order of their ids, one on each line.",
            show_default="their numbers",
        ),
    ] = None,
    activation: Annotated[
        str | None,
        option(
            "--activation",
            help="Activation function of nn.RNN, which the weights do not tell.",
            show_default="tanh",
            **one_of("tanh", "relu"),
        ),
    ] = None,
    force: Annotated[bool, option("-f", "--force", help="Replace an existing model.")] = False,
    quiet: Annotated[bool, option("-q", "--quiet", help="Print errors only.")] = False,
) -> None:
    """Import a recurrent network from PyTorch, to sample from it, score texts, predict and look inside.

    It has one module nn.RNN, nn.GRU or nn.LSTM over one-hot characters or an nn.Embedding, and one nn.Linear: a
    language model, or a classifier by the last hidden state of each direction.

    \b
      rnncli import model.safetensors                              what rnncli export has written
      rnncli import net.pt -o net.npz --alphabet alphabet.txt      a state_dict from torch.save
      rnncli import net.pt --alphabet alphabet.txt --labels l.txt  a classifier
    """
    from pathlib import Path

    from rnncli.cli.model_input import command_for
    from rnncli.cli.output import check_model_output
    from rnncli.models.labelled_language_model import LabelledLanguageModel
    from rnncli.storage.checkpoint import Checkpoint, save
    from rnncli.storage.interchange.importing import import_model
    from rnncli.storage.lock import exclusive_lock
    from rnncli.terminal.console import say

    check_model_output(output, force)
    characters = None if alphabet is None else _text(alphabet)
    listed = None if labels is None else _text(labels).splitlines()
    model = import_model(path, characters, listed, activation)
    with exclusive_lock(Path(output)):
        save(output, Checkpoint(model))
    if not quiet:
        symbols = names.plural(len(model.vocabulary), "character")
        say(f"wrote {output}: {model.noun} over {symbols}: {model.config.describe()}")
        label = ["--label", model.target.symbols[0]] if isinstance(model, LabelledLanguageModel) else []
        say(f"next: {names.command_line(command_for(model), output, options=label)}")


def _text(path: str) -> str:
    from rnncli.datasets.sources import open_sources

    return "".join(open_sources([path]).chunks())
