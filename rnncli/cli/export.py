"""rnncli export: a model as a file for other people."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnncli.cli.completion import model_files
from rnncli.cli.options import encoding_option, option
from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.storage.checkpoint import Checkpoint


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files)],
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file to write: .html.")],
    text: Annotated[
        list[str] | None,
        option(
            "--text",
            metavar="FILE",
            help="A text on which the page's weights are measured and its units named.",
            show_default="what was held out",
        ),
    ] = None,
    encoding: Annotated[str | None, encoding_option()] = None,
    force: Annotated[bool, option("-f", "--force", help="Replace an existing file.")] = False,
    quiet: Annotated[bool, option("-q", "--quiet", help="Print errors only.")] = False,
) -> None:
    """Export a model, in the format that the suffix names.

    \b
      rnncli export model.npz page.html           a page in which the model lives, for any browser, offline
    """
    from rnncli.storage import checkpoint
    from rnncli.storage.atomic import atomic_write
    from rnncli.terminal.console import say

    target = Path(path)
    if target.suffix.lower() != ".html":
        raise InputError(f"{path} has none of the suffixes that can be exported: .html")
    if target.is_dir() or not target.parent.is_dir():
        raise InputError(f"{path} is no place for a file; name another path")
    if target.exists() and not force:
        raise InputError(f"{path} exists; replace it with --force, or name another path")
    loaded = checkpoint.load(model)
    content = _html(loaded, text or [], encoding)
    with atomic_write(target) as file:
        file.write(content)
    if not quiet:
        left_out = "" if loaded.counts is None else "; the n-gram counts are left out, so it is the network alone"
        say(f"wrote {path}, {len(content) / 1000:,.1f} kB: {loaded.model.config.describe()}{left_out}")


def _html(loaded: "Checkpoint", text: list[str], encoding: str | None) -> bytes:
    """The page of a model; it is measured on the ``text``, or on what was held out if that is still there."""
    from rnncli.inspection.activations import is_of_running_text
    from rnncli.inspection.page import model_page
    from rnncli.inspection.probe import Probe, make_probe
    from rnncli.terminal.console import say
    from rnncli.terminal.page.document import as_html

    if text and not is_of_running_text(loaded.model):
        raise InputError(f"--text applies to models of running text; {loaded.path} is {loaded.model.noun}")
    probe = Probe(loaded)
    if is_of_running_text(loaded.model):
        try:
            probe = make_probe(loaded, text, encoding=encoding)
        except InputError as error:
            if text:
                raise
            say(f"{error}, so that the page can say what its weights cost and what its units do")
    for notice in probe.notices:
        say(notice)
    return as_html(model_page(probe)).encode()
