"""rnncli inspect: look inside a model."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnncli.cli.options import one_of, option, whole
from rnncli.errors import InputError

if TYPE_CHECKING:
    from rnncli.inspection.request import ViewRequest
    from rnncli.results import ViewResult
    from rnncli.storage.checkpoint import Checkpoint

VIEWS = (
    "overview",
    "text",
    "units",
    "unit",
    "ablate",
    "memory",
    "why",
    "gates",
    "gradients",
    "step",
    "errors",
    "match",
    "diff",
    "weights",
)
WHAT, OUTPUT = "What to look at", "Output"


def inspect(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model file.")] = "model.npz",
    view: Annotated[
        str, typer.Argument(help="What to look at, see above.", **{**one_of(*VIEWS), "metavar": "VIEW"})
    ] = "overview",
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[L:J|PLACE|A:B|TEXT|MODEL...]", help="What the view is about.", show_default=False),
    ] = None,
    text: Annotated[
        list[str] | None,
        option("--text", metavar="FILE", help="A text to read.", show_default="what was held out", panel=WHAT),
    ] = None,
    prime: Annotated[
        str,
        option(
            "--prime",
            help="A text to read, or -: what is expected at each character, and the hidden state there.",
            panel=WHAT,
        ),
    ] = "",
    label: Annotated[
        str | None,
        option("--label", help="The label of the prime, for a model of some.", show_default=False, panel=WHAT),
    ] = None,
    layer: Annotated[
        int | None,
        option("--layer", help="The layer to look at.", **whole(1), show_default="all, of a prime the top", panel=WHAT),
    ] = None,
    unit: Annotated[
        str | None,
        option("--unit", metavar="L:J", help="The unit to ablate.", show_default="the most telling", panel=WHAT),
    ] = None,
    feature: Annotated[
        list[str] | None,
        option(
            "--feature",
            metavar="NAME|REGEX",
            help="A property to look for: built in, or inside matches of an expression.",
            show_default="all built-in ones",
            panel=WHAT,
        ),
    ] = None,
    contrast: Annotated[
        str | None,
        option("--contrast", metavar="CHARACTER", help="Why this one and not that.", show_default=False, panel=WHAT),
    ] = None,
    json: Annotated[bool, option("--json", help="The same as data, one JSON object.", panel=OUTPUT)] = False,
    csv: Annotated[bool, option("--csv", help="The same as rows, for a spreadsheet.", panel=OUTPUT)] = False,
    html: Annotated[
        str | None,
        option(
            "--html",
            metavar="PATH",
            help="All that matters in one file for a browser.",
            show_default=False,
            panel=OUTPUT,
        ),
    ] = None,
) -> None:
    """Look inside a model: what it is, what its units do, how far it looks back, where it is surprised.

    \b
      rnncli inspect model.npz                  what it is, and how well it is
      rnncli inspect model.npz --prime hell     what it expects, reading hell
      rnncli inspect model.npz text             where it is surprised
      rnncli inspect model.npz units            which unit tracks quotes, indentation …
      rnncli inspect model.npz unit 1:17        what unit 17 of layer 1 does
      rnncli inspect model.npz ablate           is it the cause: the loss without it
      rnncli inspect model.npz memory           how far back it looks
      rnncli inspect model.npz why 120          what made character 120 likely
      rnncli inspect model.npz gates            integrators, or memoryless
      rnncli inspect a.npz gradients b.npz      do gradients vanish, side by side
      rnncli inspect model.npz step hell        the arithmetic
      rnncli inspect model.npz errors           what kinds of mistakes
      rnncli inspect model.npz match 120:128    where else it is in this state
      rnncli inspect a.npz diff b.npz           what changed
      rnncli inspect model.npz weights          what is in the matrices
      rnncli inspect model.npz --html look.html  all that matters, for a browser
    """
    from rnncli.storage import checkpoint

    if json and csv:
        raise InputError("--json and --csv exclude each other; give one of them")
    loaded = checkpoint.load(model)
    if html is not None:
        from rnncli.cli.reporting import write_report

        write_report(html, model, loaded, text or [])
        return
    _check_layer(model, loaded, layer)
    if view == "overview":
        _overview(model, loaded, text or [], prime, label, layer, json, csv)
        return
    ask = _ask(model, loaded, view, list(arguments or []), text or [], prime)
    from dataclasses import replace

    ask = replace(ask, unit=unit, layer=layer, features=list(feature or []), contrast=contrast, label=label)
    _show(_find(view, ask), json, csv)


def _check_layer(path: str, loaded: "Checkpoint", layer: int | None) -> None:
    from rnncli.terminal.words import plural

    layers = loaded.model.config.layers
    if layer is not None and layer > layers:
        raise InputError(f"{path} has {plural(layers, 'layer')}, so there is no layer {layer}")


def _ask(
    model: str, loaded: "Checkpoint", view: str, arguments: list[str], text: list[str], prime: str
) -> "ViewRequest":
    import numpy as np

    from rnncli.cli.priming import primed
    from rnncli.inspection.probe import Probe, make_probe
    from rnncli.inspection.registry import OTHERS, WITHOUT_TEXT
    from rnncli.inspection.request import ViewRequest
    from rnncli.storage import checkpoint

    if view in WITHOUT_TEXT:
        return ViewRequest(Probe(loaded.model, model, loaded.record, np.empty(0, np.intp), ""), arguments)
    if view == "step":
        prime = primed(prime or " ".join(arguments), loaded.model.vocabulary)
        if not prime:
            raise InputError("step writes out the arithmetic of a short text: rnncli inspect MODEL step hell")
        ids = loaded.model.vocabulary.encode(prime, "the text")
        return ViewRequest(Probe(loaded.model, model, loaded.record, ids, ""))
    subject = make_probe(model, loaded, text, primed(prime, loaded.model.vocabulary))
    others: list[Any] = []
    if view in OTHERS:
        for path in arguments:
            other = checkpoint.load(path)
            own = other.model.vocabulary.encode(subject.text(), subject.source)
            others.append(Probe(other.model, path, other.record, own, subject.source))
        arguments = []
    return ViewRequest(subject, arguments, others=others)


def _find(view: str, ask: "ViewRequest") -> "ViewResult":
    from rnncli.inspection.registry import VIEWS

    return VIEWS[view](ask)


def _show(finding: "ViewResult", json: bool, csv: bool) -> None:
    import sys

    from rnncli.terminal.console import write
    from rnncli.terminal.screen import screen
    from rnncli.terminal.view_result import as_csv, draw_view_result

    if json:
        write(jsonlib.dumps(finding.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
    elif csv:
        write(as_csv(finding.parts))
    else:
        output = screen(sys.stdout)
        output.print(draw_view_result(finding, output.width, output.color_system is not None))


def _overview(
    path: str,
    loaded: "Checkpoint",
    text: list[str],
    prime: str,
    label: str | None,
    layer: int | None,
    json: bool,
    csv: bool,
) -> None:
    """The file, what the network expects of a prime, and its health on a text where there is one."""
    import sys

    from rnncli.cli.priming import primed
    from rnncli.inspection.prime import read_prime
    from rnncli.inspection.views.overview import overview
    from rnncli.terminal.console import say, write
    from rnncli.terminal.overview import draw_overview, draw_prime
    from rnncli.terminal.screen import screen
    from rnncli.terminal.view_result import as_csv, draw_view_result

    if label is not None and (loaded.model.task != "generate" or loaded.model.partner is None):
        learnt = "running text" if loaded.model.task == "generate" else f"to {loaded.model.task}"
        raise InputError(f"{path} has learnt {learnt}, so --label says nothing to it")
    summary = overview(loaded)
    steps = read_prime(loaded.model, primed(prime, loaded.model.vocabulary), label=label)
    found, why_not = (None, "") if prime and not text else _health(path, loaded, text)
    if json:
        health = None if found is None else found.to_json()
        data = {**summary.to_json(), "prime": [step.to_json() for step in steps], "health": health}
        write(jsonlib.dumps(data, ensure_ascii=False, allow_nan=False) + "\n")
        return
    if csv:
        write(as_csv([*summary.tables(), *(found.parts if found else [])]))
        return
    output = screen(sys.stdout)
    output.print(draw_overview(summary, output.width))
    if found is not None:
        output.print(draw_view_result(found, output.width, output.color_system is not None))
    elif why_not:
        say(why_not)
    if steps:
        output.print(draw_prime(steps, layer or loaded.model.config.layers, output.width))


def _health(path: str, loaded: "Checkpoint", text: list[str]) -> tuple["ViewResult | None", str]:
    """The health of a language model, or None and why it cannot be told."""
    from rnncli.inspection.probe import make_probe
    from rnncli.inspection.request import ViewRequest
    from rnncli.inspection.views.health import health

    if loaded.model.task != "generate" or loaded.model.partner is not None:
        return None, ""
    try:
        return health(ViewRequest(make_probe(path, loaded, text))), ""
    except InputError as error:
        if text:
            raise
        return None, str(error)
