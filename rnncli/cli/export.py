"""rnncli export: a model as a file for other tools."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import option
from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.storage.checkpoint import Checkpoint


def _safetensors(checkpoint: "Checkpoint") -> bytes:
    from rnncli.storage.interchange.safetensors_file import write_safetensors

    return write_safetensors(checkpoint)


def _onnx(checkpoint: "Checkpoint") -> bytes:
    from rnncli.storage.interchange.onnx_file import write_onnx

    return write_onnx(checkpoint)


FORMATS: dict[str, Callable[["Checkpoint"], bytes]] = {".safetensors": _safetensors, ".onnx": _onnx}
"""By suffix: the content of a file for a model. InputError, in a sentence that the name of the model is put before,
where the format cannot express it."""


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files)],
    path: Annotated[str, typer.Argument(metavar="PATH", help=f"The file to write: {', '.join(FORMATS)}.")],
    force: Annotated[bool, option("-f", "--force", help="Replace an existing file.")] = False,
    quiet: Annotated[bool, option("-q", "--quiet", help="Print errors only.")] = False,
) -> None:
    """Export a model for other tools, in the format that the suffix names.

    \b
      rnncli export model.npz model.safetensors   weights for PyTorch, with alphabet and configuration
      rnncli export model.npz model.onnx          a graph for ONNX Runtime, with the state as input and output
    """
    from rnncli.cli.output import check_writable
    from rnncli.storage import checkpoint
    from rnncli.storage.atomic import atomic_write
    from rnncli.terminal.console import say

    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{path} has none of the suffixes that can be exported: {', '.join(FORMATS)}")
    check_writable(path, "name another path")
    if Path(path).exists() and not force:
        raise InputError(f"{path} exists; replace it with --force, or name another path")
    loaded = checkpoint.load(model)
    try:
        content = FORMATS[suffix](loaded)
    except InputError as error:
        raise InputError(f"{model}: {error}") from None
    with atomic_write(Path(path)) as file:
        file.write(content)
    if not quiet:
        left_out = "" if loaded.counts is None else "; the n-gram counts of the model are left out"
        say(f"wrote {path}, {len(content) / 1000:,.1f} kB: {loaded.model.config.describe()}{left_out}")
