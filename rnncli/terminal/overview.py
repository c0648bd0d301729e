"""The overview of a model, drawn."""

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rnncli.terminal.cells import LEGEND, cells
from rnncli.terminal.chart import chart
from rnncli.terminal.words import count, plural, visible, visible_line
from rnncli.terminal.words import network as in_words

if TYPE_CHECKING:
    from rnncli.inspection.prime import PrimeStep
    from rnncli.inspection.views.overview import Overview

HEADING = "bold"


def draw_overview(view: "Overview", width: int) -> RenderableType:
    """Everything that the model file says, on a screen of ``width`` columns."""
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    facts.add_column(style="dim")
    for name, value in facts_of(view):
        facts.add_row(name, Text(value))
    parts: list[RenderableType] = [facts]
    curves = {
        name: [(entry["step"], entry[key]) for entry in view.history if key in entry]
        for name, key in (("training loss", "loss"), ("validation loss", "validation_loss"))
    }
    curves = {name: points for name, points in curves.items() if len(points) > 1}
    if curves:
        parts += [Text(), Text(f"Loss, nats per {unit_of(view)}", HEADING)]
        parts += [chart(curves, ("blue", "dark_orange"), width=min(60, width - 10))]
    return Group(*parts)


def facts_of(view: "Overview") -> list[tuple[str, str]]:
    """What the file says, in a few words each."""
    network, corpus, options = view.network, view.corpus, view.options
    symbols = view.vocabulary["characters"]
    shown = visible(symbols[:60]) + (" …" if len(symbols) > 60 else "")
    inputs = f"embedding of {network['embedding_size']}" if network["embedding_size"] else "one-hot"
    facts = [
        ("task", view.task),
        (
            "network",
            f"{in_words(network)}, {inputs} input, dropout {network['dropout']:g}",
        ),
        ("parameters", f"{count(view.total)} in {plural(len(view.parameters), 'array')}; see the view weights"),
        ("alphabet", f"{plural(len(symbols), 'character')}: {shown}"),
    ]
    if view.partner:
        what, answers = view.partner
        shown = "".join(answers) if isinstance(answers, str) else ", ".join(answers)
        noun = what.replace("_", " ")
        facts.append((noun, f"{count(len(answers))}: {visible_line(shown[:60])}{' …' if len(shown) > 60 else ''}"))
    if corpus:
        names = corpus["names"]
        unit = "lines" if view.partner else "characters"
        step = (
            f"{options['batch_size']} lines"
            if view.partner
            else (f"{options['batch_size']} × {options['seq_length']} characters")
        )
        source = names[0] if len(names) == 1 else f"{names[0]} and {plural(len(names) - 1, 'more file')}"
        facts.append(
            ("trained on", f"{source}, {count(corpus['training'])} {unit}, {count(corpus['validation'])} held out")
        )
        facts.append(
            (
                "learning",
                f"{plural(view.steps, 'step')} of {step} "
                f"({view.epochs:.3g} epochs), {options['optimizer']} at {options['learning_rate']:g}, "
                f"{options['schedule']}",
            )
        )
    if view.best_loss is not None:
        facts.append(
            (
                "validation",
                f"{view.best_loss:.4f} nats, {view.bits:.4f} bits per {unit_of(view)}, "
                f"perplexity {view.perplexity:.2f}",
            )
        )
    elif view.history:
        facts.append(("last loss", f"{view.history[-1]['loss']:.4f} nats per {unit_of(view)} (nothing was held out)"))
    return facts


def draw_prime(steps: "list[PrimeStep]", layer: int, width: int) -> RenderableType:
    """What is expected at each character, and the hidden states of ``layer`` (1 is the lowest) there."""
    expected = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    expected.add_column("Read")
    expected.add_column("Expected, with probability")
    for step in steps:
        guesses = "   ".join(f"{visible(answer)} {p:.3f}" for answer, p in step.expected)
        expected.add_row(visible(step.character), guesses)
    directions = {f"l{layer}": "", f"l{layer}r": ", reading from the end"}
    names = [name for name in directions if name in steps[0].hidden]
    return Group(expected, *(_states(steps, name, f"{layer}{directions[name]}", width) for name in names))


def _states(steps: "list[PrimeStep]", name: str, layer: str, width: int) -> Text:
    """The hidden states of one cell as coloured cells."""
    states = Text()
    states.append(f"Hidden state of layer {layer}, a cell per unit  ", HEADING)
    states.append(LEGEND + "\n", "dim")
    for step in steps:
        states.append(f"{visible(step.character)} ")
        states.append(cells(step.hidden[name][: width - 3].tolist()))
        states.append("\n")
    left_out = len(steps[0].hidden[name]) - (width - 3)
    if left_out > 0:
        states.append(f"and {plural(left_out, 'unit')} more; all of them with --json\n", "dim")
    return states


def unit_of(view: "Overview") -> str:
    """What a loss is counted per."""
    return {"classify": "label", "tag": "tag"}.get(view.task, "character")
