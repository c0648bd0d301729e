"""The overview of a model, drawn."""

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rnncli.terminal.cells import LEGEND, cells
from rnncli.terminal.chart import chart
from rnncli.terminal.words import count, plural, visible

if TYPE_CHECKING:
    from rnncli.inspection.overview import Overview
    from rnncli.inspection.prime import PrimeStep

HEADING = "bold"


def draw_overview(view: "Overview", width: int) -> RenderableType:
    """Everything that the model file says, on a screen of ``width`` columns."""
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim")
    for name, value in _facts(view):
        facts.add_row(name, Text(value))
    parts: list[RenderableType] = [facts, Text(), _parameters(view)]
    curves = {
        name: [(entry["step"], entry[key]) for entry in view.history if key in entry]
        for name, key in (("training loss", "loss"), ("validation loss", "validation_loss"))
    }
    curves = {name: points for name, points in curves.items() if len(points) > 1}
    if curves:
        parts += [Text(), Text("Loss, nats per character", HEADING)]
        parts += [chart(curves, ("blue", "dark_orange"), width=min(60, width - 10))]
    return Group(*parts)


def _facts(view: "Overview") -> list[tuple[str, str]]:
    network, corpus, options = view.network, view.corpus, view.options
    activation = f", {network['activation']}" if network["cell"] == "rnn" else ""
    symbols = view.vocabulary["characters"]
    shown = visible(symbols[:60]) + (" …" if len(symbols) > 60 else "")
    inputs = f"embedding of {network['embedding_size']}" if network["embedding_size"] else "one-hot"
    facts = [
        ("task", view.task),
        (
            "network",
            f"{network['cell'].upper()}{activation}, {plural(network['layers'], 'layer')} of "
            f"{plural(network['hidden_size'], 'unit')}, {inputs} input, dropout {network['dropout']:g}",
        ),
        ("alphabet", f"{plural(len(symbols), 'character')}: {shown}"),
    ]
    if corpus:
        names = corpus["names"]
        source = names[0] if len(names) == 1 else f"{names[0]} and {plural(len(names) - 1, 'more file')}"
        facts.append(
            ("trained on", f"{source}, {count(corpus['training'])} characters, {count(corpus['validation'])} held out")
        )
        facts.append(
            (
                "learning",
                f"{plural(view.steps, 'step')} of {options['batch_size']} × {options['seq_length']} characters "
                f"({view.epochs:.3g} epochs), {options['optimizer']} at {options['learning_rate']:g}, "
                f"{options['schedule']}",
            )
        )
    if view.best_loss is not None:
        facts.append(
            (
                "validation",
                f"{view.best_loss:.4f} nats, {view.bits:.4f} bits per character, perplexity {view.perplexity:.2f}",
            )
        )
    elif view.history:
        facts.append(("last loss", f"{view.history[-1]['loss']:.4f} nats per character (nothing was held out)"))
    return facts


def _parameters(view: "Overview") -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, padding=(0, 2, 0, 0))
    table.add_column("Parameter", "all")
    table.add_column("Shape")
    table.add_column("Number", count(view.total), justify="right")
    for name, shape, size in view.parameters:
        table.add_row(name, " × ".join(map(str, shape)), count(size))
    return table


def draw_prime(steps: "list[PrimeStep]", layer: int, width: int) -> RenderableType:
    """What is expected after each character, and the hidden state of ``layer`` (1 is the lowest) there."""
    expected = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    expected.add_column("Read")
    expected.add_column("Expected next, with probability")
    for step in steps:
        guesses = "   ".join(f"{visible(character)} {p:.3f}" for character, p in step.expected)
        expected.add_row(visible(step.character), guesses)
    states = Text()
    states.append(f"Hidden state of layer {layer}, a cell per unit  ", HEADING)
    states.append(LEGEND + "\n", "dim")
    for step in steps:
        states.append(f"{visible(step.character)} ")
        states.append(cells(step.hidden[layer - 1, : width - 3].tolist()))
        states.append("\n")
    hidden = len(steps[0].hidden[layer - 1]) - (width - 3) if steps else 0
    if hidden > 0:
        states.append(f"and {plural(hidden, 'unit')} more; all of them with --json\n", "dim")
    return Group(expected, states)
