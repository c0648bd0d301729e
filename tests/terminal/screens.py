"""What is drawn in the pictures: screens of fixed numbers, so that they are the same on every machine."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import pytest
import typer
from rich.console import Console, RenderableType
from typer.testing import CliRunner

from rnncli.cli.options import Command, int_range, one_of, option
from rnncli.cli.train import messages
from rnncli.cli.train.options import Request
from rnncli.evaluation.metrics import ConfusionMatrix
from rnncli.inspection.request import ViewRequest
from rnncli.inspection.views.step import step as arithmetic_of
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.results import (
    Block,
    ColouredText,
    Curves,
    Diagram,
    Edge,
    Heatmap,
    Node,
    Paragraph,
    Plane,
    Scatter,
    Table,
    ViewResult,
)
from rnncli.terminal import progress
from rnncli.terminal.metrics import draw_confusion, draw_f1
from rnncli.terminal.view_result import draw_table, draw_view_result
from rnncli.terminal.words import wrapped
from rnncli.training.options import TrainingOptions
from rnncli.training.trainer import Report, Trainer
from tests.helpers import dataset_of
from tests.inspection.probes import probe_of, worked_example

Screen = Callable[[int, pytest.MonkeyPatch], str]
SCREENS: dict[str, Screen] = {}
"""From the name of a picture to what draws it at a width."""


def picture(screen: Screen) -> Screen:
    """Register a screen under its name."""
    SCREENS[screen.__name__] = screen
    return screen


def printed(drawn: RenderableType, width: int) -> str:
    """On a terminal without colours."""
    file = io.StringIO()
    Console(file=file, width=width, color_system=None, soft_wrap=True, legacy_windows=False).print(drawn)
    return file.getvalue()


def view(*blocks: Block, **more: Any) -> Screen:
    """A view with these blocks; without colours, marks stand under a coloured text."""
    return lambda width, _: printed(draw_view_result(ViewResult(blocks=blocks, **more), width, has_colour=False), width)


CURVES = {"training loss": [(50, 3.5), (400, 1.9), (791, 1.4)], "validation loss": [(50, 3.1), (400, 1.8), (791, 1.55)]}
SCREENS["overview"] = view(
    Curves("Loss, nats per character", "step", "nats", CURVES),
    Curves("Gradient norm of a loss", "steps back", "norm", {"l1": [(n, 10.0**-n) for n in range(9)]}, log=True),
    question="What is this model, and is it healthy?",
    text="the held-out part of shakespeare.txt",
    facts={
        "network": "GRU, 1 layer of 192 units, one-hot input, dropout 0.5",
        "alphabet": "59 characters: ↵·!',-.:;?ABCDEFGHIJKLMNOPRSTUVWYabcdefghijklmnopqrstuvwxyz",
        "memory": "4 characters: reading more changes its loss by less than 0.01 nats",
    },
    next=["rnncli inspect plays.npz text", "rnncli inspect plays.npz ablate --unit 1:23 --feature 'upper case'"],
)

WRITTEN = "To be, or not\nto be: 漢字　と\xa0a\u200cb"
EXPECTED = [" " if n % 3 else c for n, c in enumerate(WRITTEN)]
SURPRISING = [
    (550, "s if he did contemn what he re", "q", 12.02, "· 0.30  r 0.11  s 0.09  n 0.07  t 0.04"),
    (405, "olanus come all joy and honour", "!", 9.43, "e 0.28  · 0.14  s 0.06  i 0.05  o 0.05"),
]
SCREENS["text"] = view(
    ColouredText("Surprisal", WRITTEN, [n % 9 for n in range(len(WRITTEN))], 8, "bits", EXPECTED, signed=False),
    Table("Most surprising", ("character", "after", "came", "bits", "expected"), SURPRISING),
)

FEATURES = [("quotation", "1:7", 0.981, 0.703, 18.08, 0.005, "yes"), ("line length", "1:114", 0.9, 0.7, 4.5, 0.1, "no")]
SCREENS["units"] = view(
    Table(
        "Best units",
        ("feature", "unit", "AUC or r", "untrained", "z", "p", "associated"),
        FEATURES,
        note="chosen in the first half of the text, measured in the second; r where the feature is a number",
    ),
    ColouredText("Unit 1:7", "'Look, sir,' he said", [(n - 10) / 10 for n in range(20)], 1),
)
SCREENS["gates"] = view(
    Scatter("l1.update", "share of time open", "share of time shut", [(0.1, 0.9), (0.5, 0.5), (1, 0)], ["a", "b", "c"]),
    Heatmap("States", ["h", "\n", "e"], [f"1:{n}" for n in range(60)], [[n / 30 - 1 for n in range(60)]] * 3),
)


@picture
def step(width: int, _: pytest.MonkeyPatch) -> str:
    """Of the worked example."""
    found = arithmetic_of(ViewRequest(probe_of(worked_example(), "he"), prime="he"))
    return printed(draw_view_result(found, width, has_colour=False), width)


NODES = [
    Node("x1", 0, 0, {"": 0.1}),
    Node("x2", 0, 1, {"": 0.25}),
    Node("h1", 1, 0, {"z": 0.3, "h": 0.5744}),
    Node("h2", 1, 1, {"z": -0.4, "h": 0.4013}),
    Node("음", 2, 0, {"y": [0.25, -0.5]}),
]
EDGES = [
    *(Edge(a, b, f"w{n}", n / 8) for n, (a, b) in enumerate((("x1", "h1"), ("x2", "h1"), ("x1", "h2"), ("x2", "h2")))),
    Edge("h1", "음"),
    Edge("h2", "h1", "up"),
    Edge("음", "h2"),
]
PLACES = [n / 4 - 2 for n in range(17)]
SCREENS["lesson"] = view(
    Paragraph("", "A unit sums up its inputs, each times its weight w, to z; sigmoid(z) is its output."),
    Diagram("A network", NODES, EDGES, digits=4),
    Plane(
        "A valley",
        "first weight",
        "second weight",
        PLACES,
        PLACES,
        [[a * a + 9 * b * b for a in PLACES] for b in PLACES],
        levels=(1, 4),
        points=[(0, 0, "×")],
        paths={"sgd": [(-1.9, 0.5), (-1.5, -0.4), (0, 0), (9, 9)], "adam": [(-1.9, 0.5), (-1, 0.2), (0, 0)]},
    ),
    Plane("A boundary", "x1", "x2", PLACES, PLACES, [[a + b for a in PLACES] for b in PLACES], points=[(1, 1, "1")]),
    Table("Change this", ("what", "shows"), [("rnncli lesson activations --at 4", "saturation")], head=False),
    Table("In numbers", ("weight", "w"), [("w1", 0.3), ("w2", 2.5e-9), ("w3", 0.0)], digits=7),
)

COMPARED = [
    ("plays-with-a-long-name.npz", 156_731, 791, "2 min 05 s", 1.6629, 2.3991),
    ("6-gram model", None, None, None, 1.5621, 2.2536),
]
LEARNT_COLUMNS = ("model", "optimizer", "rate", "training loss", "validation loss", "best at")
LEARNT = [("plays-with-a-long-name.npz", "momentum", 0.005, 1.43, 1.66, 10_000)]


@picture
def compare(width: int, _: pytest.MonkeyPatch) -> str:
    columns = ("model", "parameters", "steps", "time", "nats", "bits")
    tables = Table("", columns, COMPARED), Table("", LEARNT_COLUMNS, LEARNT, "of the last evaluation", digits=4)
    return "\n".join("".join(printed(drawn, width) for drawn in draw_table(table, width)) for table in tables)


@picture
def score(width: int, _: pytest.MonkeyPatch) -> str:
    """Of a classifier of few labels and of one of many."""
    few = ConfusionMatrix(["Hill", "Lake"], np.array([[404, 3], [0, 418]]))
    names = [f"language-{n}" for n in range(14)]
    many = ConfusionMatrix(names, np.diag(np.arange(1, 15)) + np.eye(14, k=1, dtype=int))
    drawn = (draw_f1(few, "Label", width), draw_confusion(few, width), draw_confusion(many, width))
    return "\n".join(printed(each, width) for each in drawn)


def trainer() -> Trainer:
    """One that has come to the end of its run; without having run."""
    data = dataset_of("hello world, how are you\n" * 90, "hello world, how are you\n" * 10)
    data = replace(data, spec=replace(data.spec, files=("shakespeare-all-the-plays.txt",), normalize="nfc"))
    model = LanguageModel(NetworkConfig(hidden_size=24, dropout=0.1), data.vocabulary)
    ended = Trainer(model, data, TrainingOptions(batch_size=8, seq_length=64, steps=791, workers=1))
    ended.step, ended.seconds, ended.best_loss = 791, 125.0, 0.4321
    ended.history = [{"step": 200 * n, "loss": 2 / n, "validation_loss": 2 / n + 0.01} for n in (1, 2, 3)]
    return ended


@picture
def train(width: int, _: pytest.MonkeyPatch) -> str:
    """The plan and the closing messages of a run, and how an interrupted one is resumed."""
    request, ended = Request(files=["shakespeare-all-the-plays.txt", "more of it.txt"], output="plays.npz"), trainer()
    lines = [*messages.plan(ended), messages.result(request, ended), *messages.advice(request, ended)]
    lines += [messages.next_commands(request, ended), messages.interrupted(request, ended)]
    return "".join(wrapped(line, width) + "\n" for line in lines)


@picture
def bar(width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """An evaluation, and the bar early and late in a run."""
    clock = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: clock[0])
    pace, text = progress.Pace(), ""
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, force_terminal=True, legacy_windows=False)
    for clock[0], done in ((0.0, 0.0), (100.0, 0.45)):
        report = Report(
            step=50,
            epoch=1.85,
            loss=1.234,
            learning_rate=0.005,
            gradient_norm=1.0,
            characters_per_second=123_456.0,
            seconds=0.1,
            progress=done,
        )
        pace.update(report)
        shown = progress.draw_bar(console)
        shown.show(report, pace)
        text += printed(shown.get_renderable(), width)
    shown.say("step 50, epoch 1.85: loss 3.327, validation 3.067 (4.424 bits), accuracy 18.9%, best so far")
    return file.getvalue() + text


@picture
def errors(width: int, _: pytest.MonkeyPatch) -> str:
    lines = (
        "error: plays.npz exists; replace it with --force, continue its run with --resume, or write elsewhere with -o",
        "error: Invalid value for '--cell': 'lstn' is not known; did you mean lstm?",
        "finishing this step and saving; press Ctrl-C again to quit at once",
    )
    return "".join(wrapped(line, width) + "\n" for line in lines)


@picture
def help_page(width: int, _: pytest.MonkeyPatch) -> str:
    """Of a command with every kind of option."""
    application = typer.Typer(add_completion=False)

    @application.command(cls=Command)
    def learn(
        files: Annotated[list[str], typer.Argument(metavar="FILE", help="Text files.", show_default=False)],
        cell: Annotated[str, option("--cell", help="Recurrent cell.", **one_of("rnn", "gru", "lstm"))] = "gru",
        both: Annotated[bool, option("--bidirectional/--no-bidirectional", help="Read in both directions.")] = False,
        rule: Annotated[
            str, option("--rule", help="Optimizer.", panel="Learning", **one_of("sgd", "momentum", "rmsprop", "adam"))
        ] = "adam",
        save_every: Annotated[
            int | None,
            option("--save-every", help="Steps between saves.", show_default="at evaluations", **int_range(1)),
        ] = None,
        force: Annotated[bool, option("-f", "--force", help="Replace an existing model, whatever it is.")] = False,
    ) -> None:
        """Train a model on texts, character by character, and save it.

        \b
          rnncli train corpus.txt                       a few minutes, to model.npz
          rnncli train corpus.txt --resume --time 20m   resume it, for 20 minutes in all
        """

    found = CliRunner().invoke(application, ["--help"], env={"COLUMNS": str(width)}, prog_name="rnncli learn")
    return found.stdout
