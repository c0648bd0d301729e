"""What does a recurrent network take along? The example of the notes reads "hell" and is to say "ello".

At the first l it has to say l, at the second o: only what it remembers tells them apart.
"""

import math
from collections import Counter
from functools import cache
from itertools import pairwise

import numpy as np

from rnncli.datasets.vocabulary import Vocabulary
from rnncli.engine.activations import softmax
from rnncli.engine.arrays import Array, Parameters, Workspace
from rnncli.engine.layers import dense_backward_input
from rnncli.engine.losses import softmax_cross_entropy
from rnncli.engine.optimizers import GradientDescent
from rnncli.models.config import NetworkConfig
from rnncli.models.language_model import LanguageModel
from rnncli.results import BLANK, Diagram, Edge, Node, Paragraph, Table, Value, ViewResult

UNITS = 3
WEIGHTS = ("l1.W_x", "l1.W_h", "output.W")
"""W_xh, W_hh and W_hy, in the order in which they are drawn."""

SEED = 0
RATE, UPDATES = 0.5, (1, 10, 100, 500)
DRAWN = 4
"""Steps of the diagram, which has no room for more."""

NUDGE = 1e-6


class Word:
    """A word: its ``letters`` in the order in which they first come, and the ids (T, 1) of those that are read and of
    those that are to follow them."""

    def __init__(self, text: str) -> None:
        self.text, self.letters = text, "".join(dict.fromkeys(text))
        ids = Vocabulary(self.letters).encode(text).astype(np.intp)[:, None]
        self.inputs, self.targets = ids[:-1], ids[1:]

    def followers(self) -> dict[str, Counter[str]]:
        """What follows each letter, and how often."""
        found: dict[str, Counter[str]] = {}
        for letter, follower in pairwise(self.text):
            found.setdefault(letter, Counter())[follower] += 1
        return found

    def floor(self) -> float:
        """The smallest mean loss of who sees one letter and nothing else: −ln of the share of each follower."""
        counts = [(n, counter.total()) for counter in self.followers().values() for n in counter.values()]
        return sum(-n * math.log(n / total) for n, total in counts) / len(self.inputs)


def rnn(text: str) -> ViewResult:
    """The unrolled network with its numbers, the gradients that arrive at each hidden state, and how it learns, with
    W_hh and without."""
    word = Word(text)
    model = untrained(word)
    with_memory, without = (trained(text, memory)[1] for memory in (True, False))
    rows = [
        [n, *with_memory.get(n, (None, None)), *without.get(n, (None, None))] for n in sorted({*with_memory, *without})
    ]
    read = text[:-1]
    return ViewResult(
        blocks=[
            Paragraph(
                "",
                "x is one-hot, 1 at the letter's place, else 0, so that x W_xh is a row of W_xh; such a row, learnt, "
                "is an embedding. h = tanh(x W_xh + (h before) W_hh), 0 at first; logits y = h W_hy; softmax(y): the "
                "next letter's probabilities; loss: cross-entropy, −ln of the right one's. All steps share "
                "the weights.",
            ),
            weights(model, word),
            unrolled(model, word),
            backwards(model, word),
            Table(
                f"Learning at rate {RATE:g}{first_read(with_memory, word)}; and with W_hh held at 0",
                ("updates", "loss", f"{read} gives", "loss without W_hh", f"{read} gives"),
                rows,
                digits=4,
            ),
            Paragraph("A surprise", _surprise(word)),
        ]
    )


def first_read(history: "History", word: Word) -> str:
    """After which update all letters are right for the first time."""
    n = next((n for n in sorted(history) if history[n][1] == word.text[1:]), None)
    return "" if n is None else f", first all right after {n}"


def _surprise(word: Word) -> str:
    """What the network cannot know without a memory."""
    (_, with_memory), (model, without) = trained(word.text, memory=True), trained(word.text, memory=False)
    last = UPDATES[-1]
    loss, said = with_memory[last]
    unsure = next((letter for letter, followers in word.followers().items() if len(followers) > 1), None)
    if unsure is None:
        return (
            f"In {word.text} every letter has one follower, so that W_hh is not needed: after {last:,} updates the "
            f"loss is {loss:.4f} with it and {without[last][0]:.4f} without. Take a word in which a letter has two."
        )
    p = softmax(model.logits(word.inputs, model.zero_state())[0])[word.text.index(unsure), 0]
    shares = " and ".join(f"{other} {p[word.letters.index(other)]:.2f}" for other in word.followers()[unsure])
    is_learnt = said == word.text[1:]
    found = f"h tells one {unsure} from the other" if is_learnt else f"it says {said} after {last:,} updates"
    return (
        f"Without W_hh the loss cannot fall below {word.floor():.4f}: after {unsure}, all that it sees, the network "
        f"says {shares}. With W_hh, {found}."
    )


def untrained(word: Word) -> LanguageModel:
    """The network with its first weights, uniform in ±1/√H and of one digit, so that they can be read; biases are 0."""
    model = LanguageModel(NetworkConfig("rnn", 1, UNITS), Vocabulary(word.letters), dtype=np.float64)
    rng = np.random.default_rng(SEED)
    for name in WEIGHTS:
        weights = model.parameters[name]
        weights[...] = rng.uniform(-(UNITS**-0.5), UNITS**-0.5, weights.shape).round(1) + 0.0  # no −0
    return model


def loss_of(model: LanguageModel, word: Word, gradients: Parameters | None = None) -> float:
    """The mean loss of the word in nats; writes its ``gradients`` with respect to every weight."""
    gradients = model.parameters.zeros_like() if gradients is None else gradients
    return model.loss_and_gradients(word.inputs, word.targets, model.zero_state(), gradients)[0]


def says(model: LanguageModel, word: Word) -> str:
    """The most probable letter after each that is read."""
    return "".join(word.letters[i] for i in model.logits(word.inputs, model.zero_state())[0][:, 0].argmax(-1))


History = dict[int, tuple[float, str]]
"""By the number of updates the loss, and what the network says."""


@cache
def trained(text: str, memory: bool) -> tuple[LanguageModel, History]:
    """The network after the last of UPDATES, and its history at them and where it first reads the word. Without
    ``memory`` W_hh is 0 from beginning to end."""
    word, history, is_read = Word(text), History(), False
    model = untrained(word)
    optimizer = GradientDescent(model.parameters.flat.size, np.float64)
    if not memory:
        model.parameters["l1.W_h"][...] = 0
    gradients = model.parameters.zeros_like()
    for n in range(UPDATES[-1] + 1):
        loss = loss_of(model, word, gradients)
        if n in UPDATES or (memory and not is_read):
            said = says(model, word)
            if n in UPDATES or said == text[1:]:
                history[n] = loss, said
            is_read = is_read or said == text[1:]
        if not memory:
            gradients["l1.W_h"][...] = 0
        optimizer.step(model.parameters.flat, gradients.flat, RATE)
    return model, history


def weights(model: LanguageModel, word: Word) -> Table:
    """The three matrices side by side: a row for each letter, and one for each unit."""
    W_xh, W_hh, W_hy = (model.parameters[name].reshape(-1, model.parameters[name].shape[-1]) for name in WEIGHTS)
    units = range(1, UNITS + 1)
    rows: list[list[Value]] = []
    for n in range(max(len(word.letters), UNITS)):
        has_letter, blank = n < len(word.letters), [None] * UNITS
        rows.append(
            [
                *((word.letters[n], *W_xh[n].tolist()) if has_letter else (None, *blank)),
                *((f"unit {n + 1}", *W_hh[n].tolist()) if n < UNITS else (None, *blank)),
                *((word.letters[n], *W_hy[:, n].tolist()) if has_letter else (None, *blank)),
            ]
        )
    columns = ("x", *(f"x→{k}" for k in units), "h", *(f"h→{k}" for k in units), "y", *(f"{k}→y" for k in units))
    return Table(
        "The weights: W_xh from x to units 1, 2, 3; W_hh from h to the next h; W_hy to y", columns, rows, digits=1
    )


def unrolled(model: LanguageModel, word: Word) -> Diagram:
    """The first steps with h, the probability of the right letter, and the loss."""
    forward = model.forward(word.inputs, model.zero_state())
    hidden, losses = forward.outputs[:, 0], model.losses_of(forward, word.targets)[0][:, 0]
    nodes = [Node("h0", 0, 1, {str(k + 1): 0.0 for k in range(UNITS)})]
    edges = []
    for t in range(min(len(losses), DRAWN)):
        read, right = (letter.replace(" ", BLANK) for letter in word.text[t : t + 2])
        x, h, y = f"x{t + 1} = {read}", f"h{t + 1}", f"y{t + 1}"
        nodes += [
            Node(x, t + 1, 2),
            Node(h, t + 1, 1, {str(k + 1): float(value) for k, value in enumerate(hidden[t])}),
            Node(y, t + 1, 0, {right: math.exp(-losses[t]), "−ln": float(losses[t])}),
        ]
        labels = ("W_hh", "W_xh", "W_hy") if not t else ("", "", "")
        ends = ((f"h{t}", h), (x, h), (h, y))
        edges += [Edge(*nodes, label) for nodes, label in zip(ends, labels, strict=True)]
    part = f" of {len(losses)} steps, the first {DRAWN} of which are drawn" if len(losses) > DRAWN else ""
    return Diagram(f"Forwards: mean loss {losses.mean():.4f}{part}", nodes, edges, digits=4)


def d_hidden(model: LanguageModel, word: Word) -> Array:
    """The gradient (T, 1, H) of each hidden state from the loss of its own step alone."""
    logits = model.logits(word.inputs, model.zero_state())[0][:, 0]
    _, d_logits = softmax_cross_entropy(logits, word.targets[:, 0])
    return dense_backward_input(d_logits, model.parameters["output.W"])[:, None]


def later(model: LanguageModel, word: Word, step: int) -> tuple[Array, Parameters]:
    """Of the losses from ``step`` (0, 1, …) on, the gradients with respect to the state (H,) before it and to the
    weights, as these steps use them."""
    network, state, gradients = model.network, model.zero_state(), model.parameters.zeros_like()
    if step == len(word.inputs):
        return np.zeros(UNITS), gradients
    if step:
        state = model.forward(word.inputs[:step], state).state
    workspace = Workspace()
    forward = network.forward(model.parameters, word.inputs[step:], state, workspace)
    d_outputs = d_hidden(model, word)[step:].copy()
    return network.backward(model.parameters, gradients, forward, d_outputs, None, workspace)[0, 0, 0], gradients


def nudged(model: LanguageModel, word: Word, name: str, place: tuple[int, ...]) -> float:
    """The gradient of one weight, measured: how the loss changes when it is nudged up and down."""
    weight, losses = model.parameters[name][place], []
    for change in (NUDGE, -NUDGE):
        model.parameters[name][place] = weight + change
        losses.append(loss_of(model, word))
    model.parameters[name][place] = weight
    return (losses[0] - losses[1]) / (2 * NUDGE)


def backwards(model: LanguageModel, word: Word) -> Table:
    """What arrives at each hidden state: from its own loss, and from the steps after it. Their sum goes on to the
    weights, each of which gets a share from every step."""
    own, place, steps = d_hidden(model, word)[:, 0], (0, 0, 1), len(word.inputs)
    laters = [later(model, word, t) for t in range(steps + 1)]
    shares = [float(gradients["l1.W_h"][place]) for _, gradients in laters]
    rows: list[list[Value]] = [
        [f"h{t + 1}", *own[t].tolist(), *laters[t + 1][0].tolist(), shares[t] - shares[t + 1]] for t in range(steps)
    ]
    share = ""
    if steps > 1:
        h = model.forward(word.inputs, model.zero_state()).outputs[:, 0]
        arriving = f"{own[1, 1]:.5f} {'−' if laters[2][0][1] < 0 else '+'} {abs(laters[2][0][1]):.5f}"
        product = f"({arriving}) · (1 − {h[1, 1]:z.4f}²) · {h[0, 0]:z.4f}"
        share = f"At h2, W_hh 1→2: {product} = {shares[1] - shares[2]:z.5f}. "
    units, measured = range(1, UNITS + 1), nudged(model, word, "l1.W_h", place)
    return Table(
        "Backwards: gradient of h at unit 1, 2, 3, from y and from the future",
        ("at", *(f"y, {k}" for k in units), *(f"future, {k}" for k in units), "W_hh 1→2"),
        rows,
        f"{share}The last column together: {shares[0]:.7f}. Nudging this weight gives {measured:.7f}.",
        digits=5,
    )
