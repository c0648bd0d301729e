"""rnncli inspect: look inside a model."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, cast

import typer

from rnncli.cli.completion import further_models, model_files
from rnncli.cli.options import encoding_option, int_range, one_of, option
from rnncli.errors import InputError
from rnncli.inspection.views import VIEWS, View

if TYPE_CHECKING:
    from rnncli.inspection.probe import Probe
    from rnncli.inspection.request import Ranking, ViewRequest
    from rnncli.storage.checkpoint import Checkpoint

WHAT, OUTPUT = "What to look at", "Output"
ARGUMENTS = list(dict.fromkeys(view.argument for view in VIEWS.values() if view.argument not in ("", "MODEL")))


def inspect(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The model file.", autocompletion=model_files)
    ] = "model.npz",
    view: Annotated[
        str, typer.Argument(help="What to look at, see above.", **{**one_of(*VIEWS), "metavar": "VIEW"})
    ] = "overview",
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar=f"[{'|'.join(ARGUMENTS)}]",
            help="What the view is about.",
            show_default=False,
            autocompletion=further_models,
        ),
    ] = None,
    text: Annotated[
        list[str] | None,
        option("--text", metavar="FILE", help="A text to read.", show_default="what was held out", panel=WHAT),
    ] = None,
    encoding: Annotated[str | None, encoding_option(WHAT)] = None,
    prime: Annotated[
        str,
        option(
            "--prime",
            help="A text to read, or - for standard input; overview shows what is expected at each character.",
            panel=WHAT,
        ),
    ] = "",
    label: Annotated[
        str | None,
        option(
            "--label",
            help="The label of the prime, for a model of labelled texts; for step the answer to learn.",
            show_default=False,
            panel=WHAT,
        ),
    ] = None,
    layer: Annotated[
        int | None,
        option(
            "--layer",
            help="The layer to look at.",
            **int_range(1),
            show_default="all; of a prime the top one",
            panel=WHAT,
        ),
    ] = None,
    unit: Annotated[
        list[str] | None,
        option(
            "--unit",
            metavar="L:J",
            help="For ablate: a unit; several are held one by one.",
            show_default="those of the largest effect",
            panel=WHAT,
        ),
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
        option(
            "--contrast",
            metavar="CHARACTER",
            help="For why: the character that might have come instead.",
            show_default=False,
            panel=WHAT,
        ),
    ] = None,
    at: Annotated[
        int | None,
        option(
            "--at",
            help="For text and unit: the character about which the text is shown.",
            **int_range(0),
            show_default="the beginning",
            panel=WHAT,
        ),
    ] = None,
    by: Annotated[
        str,
        option("--by", help="For units: what ranks them.", **one_of("selectivity", "importance"), panel=WHAT),
    ] = "selectivity",
    redraw: Annotated[
        bool,
        option("--replace", help="For why: draw each earlier character anew, and look at what changes.", panel=WHAT),
    ] = False,
    direction: Annotated[
        str | None,
        option(
            "--direction",
            metavar="FILE",
            help="For ablate: a direction that probe has found.",
            show_default=False,
            panel=WHAT,
        ),
    ] = None,
    output: Annotated[
        str | None,
        option(
            "-o",
            "--output",
            metavar="FILE",
            help="For probe: write the direction that it finds, an .npz file.",
            show_default=False,
            panel=OUTPUT,
        ),
    ] = None,
    json: Annotated[bool, option("--json", help="Print one JSON object.", panel=OUTPUT)] = False,
    csv: Annotated[bool, option("--csv", help="Print rows, for a spreadsheet.", panel=OUTPUT)] = False,
    html: Annotated[
        str | None,
        option(
            "--html",
            metavar="PATH",
            help="Write a report, one file for a browser.",
            show_default=False,
            panel=OUTPUT,
        ),
    ] = None,
) -> None:
    """Look inside a model: what it is, what its units do, how far it looks back, where it is surprised."""
    from rnncli.cli.model_input import primed
    from rnncli.storage import checkpoint

    if json + csv + (html is not None) > 1:
        raise InputError("--json, --csv and --html are mutually exclusive; give one of them")
    loaded = checkpoint.load(model)
    answer = label if view == "step" and loaded.model.task != "generate" else None
    label = label if answer is None else None
    _check(loaded, layer, label)
    # A report has what the overview has, and more; whatever view is named beside it.
    chosen, words = (VIEWS[view], arguments or []) if html is None else (VIEWS["overview"], [])
    request = replace(
        _request(chosen, loaded, words, text or [], encoding, primed(prime, loaded.model.vocabulary), html is not None),
        units=list(unit or []),
        layer=layer,
        features=list(feature or []),
        contrast=contrast,
        at=at,
        by=cast("Ranking", by),
        replace=redraw,
        direction=direction,
        output=output,
        label=label,
        answer=answer,
    )
    if html is None:
        from rnncli.cli.showing import show

        show(chosen(request), json, csv)
    else:
        from rnncli.cli.reporting import write_report

        write_report(html, request)


def _examples() -> str:
    """A line for each view, and what else the command can do."""
    lines = [(view.example, view.purpose) for view in VIEWS.values()]
    lines[1:1] = [("rnncli inspect model.npz --prime hell", "what it expects, reading hell")]
    lines.append(("rnncli inspect model.npz --html look.html", "a report for a browser"))
    return "\n".join(["\n\n\b", *(f"  {example:<43}{purpose}" for example, purpose in lines)])


inspect.__doc__ = f"{inspect.__doc__}{_examples()}"


def _check(loaded: "Checkpoint", layer: int | None, label: str | None) -> None:
    """InputError for a layer that the model does not have, or a label where it has learnt none."""
    from rnncli.cli.model_input import check_label
    from rnncli.names import plural

    path, layers = loaded.path, loaded.model.config.layers
    if layer is not None and layer > layers:
        raise InputError(f"{path} has {plural(layers, 'layer')}, so there is no layer {layer}")
    if label is not None:
        check_label(loaded, label)


def _request(
    view: View,
    loaded: "Checkpoint",
    arguments: list[str],
    text: list[str],
    encoding: str | None,
    prime: str,
    in_report: bool,
) -> "ViewRequest":
    """What ``view`` says that it needs, from what the user typed."""
    from rnncli.cli.model_input import primed
    from rnncli.inspection.probe import Probe, make_probe
    from rnncli.inspection.request import ViewRequest
    from rnncli.storage import checkpoint

    if arguments and not view.argument:
        raise InputError(
            f"{view.name} takes no argument, but got {arguments[0]!r}; name a text to read with --text FILE"
        )
    if view.argument == "TEXT":
        prime = prime or primed(" ".join(arguments), loaded.model.vocabulary)
        if not prime:
            raise InputError(f"{view.name} takes a short text: {view.example}")
    if view.argument == "TEXT1 TEXT2":
        arguments = [loaded.model.vocabulary.from_user_text(word) for word in arguments]
        if len(arguments) != 2 or "" in arguments:
            raise InputError(f"{view.name} takes two short texts: {view.example}")
    files = [word for file in text for word in ("--text", file)]
    if encoding is not None:
        files += ["--encoding", encoding]
    if view.reads == "text if any":
        probe = _text_if_any(loaded, text, encoding, skipped=bool(prime) and not in_report)
        return ViewRequest(probe, prime=prime, text_options=files)
    if view.reads == "nothing" and view.argument == "MODEL...":
        return ViewRequest(Probe(loaded), others=[Probe(checkpoint.load(path)) for path in arguments])
    if view.reads == "nothing":
        return ViewRequest(Probe(loaded), arguments, prime=prime)
    probe = make_probe(loaded, text, prime, encoding)
    _tell(probe)
    chosen_by = ["--prime", prime] if prime else files
    if view.argument.startswith("MODEL"):
        others = [_other(probe, checkpoint.load(path)) for path in arguments]
        return ViewRequest(probe, others=others, text_options=chosen_by)
    return ViewRequest(probe, arguments, text_options=chosen_by)


def _text_if_any(loaded: "Checkpoint", text: list[str], encoding: str | None, skipped: bool) -> "Probe":
    """A model with its text; without one if it has learnt no running text, if that text is gone, which is said, or if
    reading it is ``skipped`` and the user names none."""
    from rnncli.inspection.activations import is_of_running_text
    from rnncli.inspection.probe import Probe, make_probe
    from rnncli.terminal.console import say

    if is_of_running_text(loaded.model) and (text or not skipped):
        try:
            probe = make_probe(loaded, text, encoding=encoding)
            _tell(probe)
            return probe
        except InputError as error:
            if text:
                raise
            say(str(error))
    return Probe(loaded)


def _tell(probe: "Probe") -> None:
    """Say what the user should know of the text."""
    from rnncli.terminal.console import say

    for notice in probe.notices:
        say(notice)


def _other(probe: "Probe", loaded: "Checkpoint") -> "Probe":
    """Another model with the same text."""
    from rnncli.inspection.probe import Probe

    ids = loaded.model.vocabulary.encode(probe.text(), probe.source)
    return Probe(loaded, ids, probe.source)
