"""The study notes, computed live: a lesson per file, in the order of the notes.

A lesson asks a question, computes numbers with the engine that trains, points out a surprise, and says what to change
and what to read. It is plain data, drawn as the views of a model are.

``rnncli guide contributing`` adds one.

Importing this list imports neither NumPy nor any lesson, so that ``rnncli --help`` stays quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from rnncli.names import ACTIVATIONS, LOSSES, OPTIMIZERS
from rnncli.training.values import Values, binary, float_list, float_range, int_range, one_of, short_text

if TYPE_CHECKING:
    from rnncli.results import ViewResult


@dataclass(frozen=True)
class Option:
    """``--name``: the values that it may have, which of them it has by default, as one types it, and what it means."""

    name: str
    values: Values
    default: str | int | float | None
    help: str
    shown: str = ""
    """What the help says of a default of None."""


@dataclass(frozen=True)
class Lesson:
    """What the list says: the ``chapter`` of the notes and a line of ``summary``. What frames the lesson: the
    ``question`` that opens it, with options in braces for their values, ``changes`` to its command with what they show,
    the file of the ``engine`` to read after it, with what stands there, and ``uses``, commands in which it counts."""

    name: str
    chapter: str
    summary: str
    question: str
    options: Sequence[Option]
    changes: Sequence[tuple[str, str]]
    engine: tuple[str, str]
    uses: Sequence[tuple[str, str]] = ()

    def __call__(self, **options: Any) -> "ViewResult":
        """Compute the lesson; InputError for values that cannot be used together. Options that are left out have their
        defaults."""
        from rnncli.results import Table

        function = getattr(import_module(f"{__name__}.{self.name}"), self.name)
        values = self.defaults() | options
        result = function(**values)
        rows = [*((self.command(words), shows) for words, shows in self.changes), *self.uses, self.engine]
        names = list(LESSONS)
        for name in names[names.index(self.name) + 1 :][:1]:
            rows.append((LESSONS[name].command(), "the next lesson"))
        closing = Table("Change this, then read the code", ("what", "shows"), rows, head=False)
        question = self.question.format(**values)
        return replace(result, view=self.name, question=question, blocks=[*result.blocks, closing])

    def defaults(self) -> dict[str, Any]:
        """The values of options that are left out."""
        given = ((option.name, option.values, option.default) for option in self.options)
        return {name: None if default is None else values.parse(default) for name, values, default in given}

    def command(self, words: str = "") -> str:
        """A command line that shows this lesson."""
        return " ".join(filter(None, ["rnncli lesson", self.name, words]))


NUMBER = float_range(-1000, 1000)
RATE = float_range(0, 1e6, open_low=True)
MODEL_FILE = Values(str, "MODEL")

_ALL = (
    Lesson(
        "perceptron",
        "퍼셉트론",
        "what one unit can decide",
        "Guess first: if 00, 01, 10, 11 give {truth}, can one line part the 1s from the 0s?",
        (
            Option("truth", binary(4), "0110", "The answers to 00, 01, 10 and 11; 0110 is XOR."),
            Option("hidden", int_range(0, 100), 2, "Hidden units."),
            Option("activation", one_of("linear", *ACTIVATIONS), "tanh", "Activation function of the hidden units."),
        ),
        (
            ("--truth 0001", "AND: one line is enough"),
            ("--activation linear", "the best that linear units can do"),
            ("--hidden 1", "one hidden unit is too few"),
        ),
        ("rnncli/engine/layers.py", "dense: x W + b, and its gradients"),
    ),
    Lesson(
        "activations",
        "활성화 함수",
        "functions, slopes, softmax, deep chains",
        "Guess first: how much of a gradient passes back through {layers} layers?",
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
    Lesson(
        "descent",
        "손실 함수, 옵티마이저",
        "losses, and a race of optimizers",
        "Guess first: which optimizer is fastest, and still so in a turned valley?",
        (
            Option("loss", one_of(*LOSSES), None, "Follow a unit with this loss step by step.", "both, in short"),
            Option(
                "optimizer",
                one_of(*OPTIMIZERS),
                None,
                "Draw the path of this one alone.",
                "sgd and the one that suffers most",
            ),
            Option("rate", RATE, None, "Learning rate of the paths.", "the best of each"),
            Option("tilt", float_range(-90, 90), 30.0, "Degrees by which the valley is turned."),
        ),
        (
            ("--optimizer sgd --rate 0.021", "above the limit, uphill"),
            ("--optimizer adagrad --tilt 0", "along an axis, in leaps"),
            ("--loss mse", "mse learns slowly at first"),
        ),
        ("rnncli/engine/optimizers.py", "each rule in a few lines"),
    ),
    Lesson(
        "backpropagation",
        "순전파와 역전파",
        "2-2-2: who is to blame for the error",
        "Guess first: can a step against the gradient make the error larger?",
        (
            Option("inputs", float_list(2, NUMBER), "0.1,0.2", "x1 and x2."),
            Option("targets", float_list(2, NUMBER), "0.4,0.6", "What o1 and o2 are to be."),
            Option("weights", float_list(8, NUMBER), ".3,.25,.4,.35,.45,.4,.7,.6", "w1 to w8."),
            Option("rate", RATE, 0.5, "Learning rate."),
            Option("steps", int_range(1, 10_000), 100, "Steps of gradient descent."),
        ),
        (
            ("--steps 1000", "the error goes on falling"),
            ("--targets 0.6,0.7", "smaller errors and gradients"),
        ),
        ("rnncli/engine/layers.py", "dense_backward, for any size"),
    ),
    Lesson(
        "rnn",
        "RNN 기본 구조 예제",
        "hell → o: a state that is taken along",
        "Guess first: can a network that sees single letters spell {text}?",
        (Option("text", short_text(2, 9), "hello", "The word to learn."),),
        (
            ("--text google", "g and o have two followers each"),
            ("--text 안녕하세요", "no letter twice: W_hh is not needed"),
        ),
        ("rnncli/engine/cells/rnn.py", "the cell, forwards and backwards"),
    ),
    Lesson(
        "arrangements",
        "다양한 순환 신경망",
        "one or many, deep, bidirectional",
        "Guess first: can a network tag each letter with the one after it?",
        (Option("length", int_range(2, 12), 4, "Letters of the words that are read."),),
        (("--length 8", "one state holds a long word less well"),),
        ("rnncli/engine/recurrent.py", "a layer of one direction or two"),
    ),
    Lesson(
        "lstm",
        "LSTM",
        "what each gate does, at each character",
        "Guess first: what is left in a cell that was told to forget?",
        (
            Option("text", short_text(1, 300), "a(bc?de)f?", "What the cell reads."),
            Option("model", MODEL_FILE, None, "Show a unit of this trained LSTM instead of the learnt one.", "none"),
        ),
        (
            ("--text '(a?)b?(c?'", "stored, deleted, stored again"),
            ("--text 'To be (or not) to be?'", "a sentence, in strips"),
        ),
        ("rnncli/engine/cells/lstm.py", "six lines, forwards and back"),
    ),
    Lesson(
        "gru",
        "GRU",
        "two gates and no cell",
        "Guess first: if one gate keeps or replaces h, what is a reset gate for?",
        (Option("text", short_text(1, 300), "a(bc!de)f!", "What the unit reads."),),
        (
            ("--text '((!)!(!!'", "two ( in a row; twice !"),
            ("--text 'No! (Yes! Or no?) Ah!'", "a sentence, in strips"),
        ),
        ("rnncli/engine/cells/gru.py", "its equations and gradients"),
    ),
    Lesson(
        "memory",
        "기울기 소실, 단기 기억",
        "how far back a gradient reaches",
        "Guess first: which cell still knows a letter after {distance} others?",
        (
            Option("distance", int_range(1, 100), 40, "Characters between the letter and its recall."),
            Option("cell", one_of("sigmoid", "tanh", "relu", "gru", "lstm"), None, "This cell alone.", "all of them"),
            Option("forget_bias", float_range(-20, 20), None, "Forget bias of the LSTM.", "1, 3 and 5"),
        ),
        (
            ("--distance 10", "near enough for more of them"),
            ("--cell lstm --forget-bias 0", "a gate that is half shut"),
        ),
        ("rnncli/engine/network.py", "initialise: the forget bias"),
        (("rnncli train corpus.txt --forget-bias 3", "an LSTM whose gate is open"),),
    ),
)

LESSONS = {lesson.name: lesson for lesson in _ALL}
"""The lessons by name, in the order of the notes; what gates are comes before what they are good for."""


def find(words: str) -> str | None:
    """The lesson that these words name, in any case: its own name, its chapter of the notes, or a term of the glossary
    that it explains. None for other words."""
    from rnncli.lessons.glossary import GLOSSARY, lesson_of

    names: dict[str, str] = {}
    for terms, english, place in GLOSSARY:
        lesson_name = lesson_of(place)
        if lesson_name:
            names |= dict.fromkeys((*terms.split(", "), *english.split(", ")), lesson_name)
    for lesson in LESSONS.values():
        names |= dict.fromkeys((lesson.chapter, *lesson.chapter.split(", "), lesson.name), lesson.name)
    typed = normalize("NFC", words).casefold()
    return next((lesson for name, lesson in names.items() if name.casefold() == typed), None)


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
