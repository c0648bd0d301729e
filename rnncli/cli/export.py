"""rnncli export: a model as a file for other people and other tools."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import encoding_option, option
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

PAGE = ".html"
SUFFIXES = ", ".join((PAGE, *FORMATS))


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files)],
    path: Annotated[str, typer.Argument(metavar="PATH", help=f"The file to write: {SUFFIXES}.")],
    text: Annotated[
        list[str] | None,
        option(
            "--text",
            metavar="FILE",
            help="A text on which the weights of a page are measured and its units named.",
            show_default="what was held out",
        ),
    ] = None,
    encoding: Annotated[str | None, encoding_option()] = None,
    force: Annotated[bool, option("-f", "--force", help="Replace an existing file.")] = False,
    quiet: Annotated[bool, option("-q", "--quiet", help="Print errors only.")] = False,
) -> None:
    """Export a model for other people and other tools, in the format that the suffix names.

    \b
      rnncli export model.npz page.html           a page in which the model lives, for any browser, offline
      rnncli export model.npz model.safetensors   weights for PyTorch, with alphabet and configuration
      rnncli export model.npz model.onnx          a graph for ONNX Runtime, with the state as input and output
    """
    from rnncli.cli.output import check_writable
    from rnncli.names import file_size
    from rnncli.storage import checkpoint
    from rnncli.storage.atomic import atomic_write
    from rnncli.terminal.console import say

    suffix = Path(path).suffix.lower()
    if suffix not in (PAGE, *FORMATS):
        raise InputError(f"{path} has none of the suffixes that can be exported: {SUFFIXES}")
    if text and suffix != PAGE:
        raise InputError(f"--text applies to {PAGE}: a page is measured on a text, {suffix} is not")
    check_writable(path, "name another path")
    if Path(path).exists() and not force:
        raise InputError(f"{path} exists; replace it with --force, or name another path")
    loaded = checkpoint.load(model)
    try:
        content = _page(loaded, text or [], encoding, quiet) if suffix == PAGE else FORMATS[suffix](loaded)
    except InputError as error:
        raise InputError(f"{model}: {error}") from None
    with atomic_write(Path(path)) as file:
        file.write(content)
    if not quiet:
        left_out = "" if loaded.counts is None else "; the n-gram counts of the model are left out"
        say(f"wrote {path}, {file_size(len(content))}: {loaded.model.config.describe()}{left_out}")


def _page(loaded: "Checkpoint", text: list[str], encoding: str | None, quiet: bool) -> bytes:
    """The page of a model. It is measured on the ``text``, or on what was held out if that is still there."""
    from rnncli.inspection.activations import is_of_running_text
    from rnncli.inspection.page import model_page
    from rnncli.inspection.probe import Probe, make_probe
    from rnncli.terminal.console import say
    from rnncli.terminal.page.document import as_html

    probe = Probe(loaded)
    if is_of_running_text(loaded.model):
        try:
            probe = make_probe(loaded, text, encoding=encoding)
        except InputError as error:
            if text:
                raise
            if not quiet:
                say(f"{error}, so that the page can say what its weights cost and what its units do")
    elif text:
        raise InputError(f"--text applies to models of running text; it is {loaded.model.noun}")
    for notice in () if quiet else probe.notices:
        say(notice)
    return as_html(model_page(probe)).encode()
