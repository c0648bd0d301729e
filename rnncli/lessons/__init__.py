"""The study notes, computed live: a lesson per file, in the order of the notes.

A lesson asks a question, computes numbers with the engine that trains, points out a surprise, and says what to change
and what to read. It is plain data, drawn as the views of a model are.

How to add one: write ``<name>.py`` here with a function of that name, which takes the lesson's options as keyword
arguments and returns a :class:`~rnncli.results.ViewResult` with blocks (tables, curves, diagrams, planes, paragraphs),
the surprise last: ``Paragraph("A surprise", …)``. Register it in ``_ALL`` with its options; the command line, its help,
what to change and to read, and the way to the next lesson follow from there. Texts take their numbers from what was
computed, a bad value is an InputError, and the whole fits two screens of 80 × 24.

Importing this list imports neither NumPy nor any lesson, so that ``rnncli --help`` stays quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnncli.training.values import Values, float_range, int_range

if TYPE_CHECKING:
    from rnncli.results import ViewResult


@dataclass(frozen=True)
class Option:
    """``--name``: the values that it may have, which of them it has by default, and what it means."""

    name: str
    values: Values
    default: Any
    help: str
    shown: str = ""
    """The default as the help writes it, where that is not the value."""


@dataclass(frozen=True)
class Lesson:
    """What the list says: the ``chapter`` of the notes and a line of ``summary``. What frames the lesson: the
    ``question`` that opens it, ``changes`` to its command with what they show, and the file of the ``engine`` to read
    after it, with what stands there."""

    name: str
    chapter: str
    summary: str
    question: str
    options: Sequence[Option]
    changes: Sequence[tuple[str, str]]
    engine: tuple[str, str]

    def __call__(self, **options: Any) -> "ViewResult":
        """Compute the lesson; InputError for values that cannot be used together. Options that are left out have their
        defaults."""
        from rnncli.results import Table

        function = getattr(import_module(f"{__name__}.{self.name}"), self.name)
        result = function(**{option.name: option.default for option in self.options} | options)
        rows = [*((self.command(words), shows) for words, shows in self.changes), self.engine]
        names = list(LESSONS)
        for name in names[names.index(self.name) + 1 :][:1]:
            rows.append((LESSONS[name].command(), "the next lesson"))
        closing = Table("Change this, then read the code", ("what", "shows"), rows, head=False)
        return replace(result, view=self.name, question=self.question, blocks=[*result.blocks, closing])

    def command(self, words: str = "") -> str:
        """A command line that shows this lesson."""
        return " ".join(filter(None, ["rnncli lesson", self.name, words]))


_ALL = (
    Lesson(
        "activations",
        "활성화 함수",
        "what a unit makes of its sum, and what ten layers lose",
        "Guess first: how much of a gradient passes back through ten layers?",
        (
            Option("at", float_range(-100, 100), 1.0, "The input of the unit, and of the first layer."),
            Option("layers", int_range(1, 1000), 10, "Layers that the gradient passes through."),
        ),
        (
            ("--at 4", "saturation: tanh's slope vanishes first"),
            ("--at -1", "ReLU is dead there, leaky ReLU is not"),
            ("--layers 3", "what three layers let through"),
        ),
        ("rnncli/engine/activations.py", "each function and its slope, in NumPy"),
    ),
)

LESSONS = {lesson.name: lesson for lesson in _ALL}
"""The lessons by name, in the order of the notes."""


def contents() -> "ViewResult":
    """The list of lessons, and the words of the notes."""
    from rnncli.lessons.glossary import CONVENTION, GLOSSARY
    from rnncli.results import Paragraph, Table, ViewResult

    lessons = [(lesson.name, lesson.chapter, lesson.summary) for lesson in LESSONS.values()]
    return ViewResult(
        question="The study notes, computed live: which lesson?",
        view="lesson",
        blocks=[
            Table("", ("lesson", "notes", "shows"), lessons),
            Table("The words of the notes", ("notes", "English", "in rnncli"), GLOSSARY),
            Paragraph("", CONVENTION),
        ],
        next=[_ALL[0].command()],
    )
