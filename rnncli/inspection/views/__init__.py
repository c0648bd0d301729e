"""The views, one file per question.

To add one, write ``<name>.py`` here with a function of that name, which takes a
:class:`~rnncli.inspection.request.ViewRequest` and returns a :class:`~rnncli.results.ViewResult`, and register it in
``VIEWS``. The command line, its help and the report follow from there.

Importing this list imports neither NumPy nor any view, so that ``rnncli inspect --help`` stays quick.
"""

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rnncli.inspection.request import ViewRequest
    from rnncli.results import ViewResult


Argument = Literal["", "L:J", "PLACE", "A:B", "TEXT", "TEXT1 TEXT2", "MODEL", "MODEL...", "FEATURE"]
"""What may follow the name of a view on the command line, as the help writes it; nothing where it is empty."""

Reads = Literal["text", "text if any", "nothing"]
"""Whether a view reads a running text: that of ``--text`` or ``--prime``, else the held-out part. It needs one, or says
less without, or looks at the parameters or its argument alone."""


@dataclass(frozen=True)
class View:
    """A ``question``, and what the ``answer`` shows; together they are the view's row in the guide's page
    on inspect.

    ``example`` is a command line, and ``purpose`` what it is for: a line in the help of ``rnncli inspect``.
    """

    name: str
    question: str
    answer: str
    example: str
    purpose: str
    argument: Argument = ""
    reads: Reads = "text"
    in_report: bool = False

    def __call__(self, request: "ViewRequest") -> "ViewResult":
        """Answer the question; InputError where the view does not apply to the model or its arguments are wrong."""
        function = getattr(import_module(f"{__name__}.{self.name}"), self.name)
        result = function(request)
        return replace(result, view=self.name, question=result.question or self.question)


_ALL = (
    View(
        "overview",
        "What is this model, and is it healthy?",
        "What it learnt from and how; loss against an n-gram model, dead and saturated units, length of the memory, "
        "the most selective units; with `--prime`, what it expects at each character, and the hidden state of "
        "`--layer`",
        "rnncli inspect model.npz",
        "what it is, and how healthy it is",
        reads="text if any",
        in_report=True,
    ),
    View(
        "text",
        "Where is it surprised?",
        "Each character by its surprisal, the most probable one beneath",
        "rnncli inspect model.npz text",
        "where it is surprised",
        in_report=True,
    ),
    View(
        "units",
        "Which unit tracks what?",
        "Quotes, indentation, the position in the line …: 15 features, and any `--feature REGEX`; which value of the "
        "unit gives more of it; with `--by importance` the loss without each unit, and what explains it; `--layer`",
        "rnncli inspect model.npz units",
        "which unit tracks quotes, …",
        in_report=True,
    ),
    View(
        "unit",
        "What does this unit do?",
        "What it tracks; its states and gates over a text, where it is strongest, its weights",
        "rnncli inspect model.npz unit 1:17",
        "what unit 17 of layer 1 does",
        "L:J",
    ),
    View(
        "probe",
        "Can a feature be read from all units together?",
        "A linear probe against an untrained network, shifted labels, the best unit and random directions; `-o FILE` "
        "writes its direction, for `ablate --direction` and `sample --clamp`; `--layer`",
        'rnncli inspect model.npz probe "digit"',
        "what all units say together",
        "FEATURE",
    ),
    View(
        "ablate",
        "Is the unit the cause?",
        "Change of the loss when `--unit`, or one of the largest effect, is held at its mean; at the characters of a "
        "`--feature` and elsewhere",
        "rnncli inspect model.npz ablate",
        "the loss without a unit",
        in_report=True,
    ),
    View(
        "patch",
        "Which units carry the difference between two texts?",
        "Units exchange their states, one by one and together, the best first and at random; the share of the "
        "difference in log-odds that each makes, of a character, a label or a tag",
        'rnncli inspect model.npz patch "(a" "[a"',
        "units that tell two texts apart",
        "TEXT1 TEXT2",
        "nothing",
    ),
    View(
        "drive",
        "Who drives this unit?",
        "Units of its layer and below, and the character, by their share in its sums; the loss when one of them alone "
        "is cut off from it, beside other connections of the same weight",
        "rnncli inspect model.npz drive 1:17",
        "who drives unit 17 of layer 1",
        "L:J",
    ),
    View(
        "memory",
        "How far back does it look?",
        "Loss against context, gradient against distance, half-life of each unit",
        "rnncli inspect model.npz memory",
        "how far back it looks",
        in_report=True,
    ),
    View(
        "why",
        "Which earlier characters made this one likely?",
        "By how many bits each of them raised or lowered its log-probability: an estimate, measured with `--replace`; "
        "with `--contrast` c, rather than c",
        "rnncli inspect model.npz why 120",
        "what made character 120 likely",
        "PLACE",
    ),
    View(
        "gates",
        "Integrators, or memoryless?",
        "How far each gate is open, and how often it is shut or open",
        "rnncli inspect model.npz gates",
        "integrators, or memoryless",
        in_report=True,
    ),
    View(
        "gradients",
        "Do gradients vanish?",
        "Norm of the gradient against the distance in time, at a thousand places, of several models side by side",
        "rnncli inspect a.npz gradients b.npz",
        "do gradients vanish, side by side",
        "MODEL...",
        in_report=True,
    ),
    View(
        "learning",
        "How did it learn?",
        "Training and validation loss over the steps, and what it wrote meanwhile, noise becoming words; the losses of "
        "several models one over the other",
        "rnncli inspect a.npz learning b.npz",
        "how they learnt, one over the other",
        "MODEL...",
        "nothing",
        in_report=True,
    ),
    View(
        "step",
        "What is the arithmetic?",
        "Every number of a small network: input, weights, sums, gates, states, probabilities and loss; backwards the "
        "gradient of each, and the update of gradient descent",
        "rnncli inspect model.npz step hell",
        "the arithmetic",
        "TEXT",
        "nothing",
    ),
    View(
        "errors",
        "What kinds of mistakes?",
        "Shares of the loss by kind",
        "rnncli inspect model.npz errors",
        "what kinds of mistakes",
    ),
    View(
        "match",
        "Where else is it in this state?",
        "The places with the highest cosine of their hidden state and that from character A to B, and how high is "
        "unusual; `--layer`",
        "rnncli inspect model.npz match 120:128",
        "where else it is in this state",
        "A:B",
    ),
    View(
        "diff",
        "What changed?",
        "Loss of each character and the best units, of this model and another",
        "rnncli inspect a.npz diff b.npz",
        "what changed",
        "MODEL",
    ),
    View(
        "weights",
        "What is in the matrices?",
        "Sizes, spectra, and the nearest neighbours of characters",
        "rnncli inspect model.npz weights",
        "what is in the matrices",
        reads="nothing",
        in_report=True,
    ),
)

VIEWS = {view.name: view for view in _ALL}
"""The views by name, in the order of their use, which is also that of the report."""
