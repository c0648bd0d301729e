"""Ten examples of each task, and models that have learnt them by heart in a fraction of a second."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cli.running import rnncli, succeeded

VOWELS = "aeiou"


def tags_by_the_past(text: str) -> str:
    """V for a vowel, c for another character, C for one that has been there before."""
    return "".join("V" if c in VOWELS else "cC"[c in text[:n]] for n, c in enumerate(text))


LETTERS = ["a", "ab", "ba", "abc", "cab", "bca", "[b]", "é", "🙂", "é🙂"]
NAMES = ["Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Ann-Eve", "'Bob'", "Cid🙂", "Dáñ"]
WORDS = ["banana", "llama", "kayak", "cocoa", "papa", "eel", "noon", "queue", "zz", "x"]
NUMBERS = ["zéro", "one", "two", "three", "[b]four[/b]", "five", "six", "seven", "🙂eight", "nine-teen"]
TEXTS = {"A": "one", "[b]": "two", "漢": "one-two", "🙂": "[b]ré", "New York": "漢🙂"}

EXAMPLES = {
    "two": [(("ham", "[spam]")[n % 2], text) for n, text in enumerate(LETTERS)],
    "three": [(("New York", "漢字", "[red]")[n % 3], text) for n, text in enumerate(NAMES)],
    "tag": [
        (f"{word}{end}", tag * (len(word) + 1))
        for word in ("a", "go", "cat", "ñandú", "[b] 🙂")
        for end, tag in (("!", "漢"), ("?", "x"))
    ],
    "past": [(text, tags_by_the_past(text)) for text in WORDS],
    "translate": [("19" if n == 9 else str(n), word) for n, word in enumerate(NUMBERS)],
    "generate": [pair for pair in TEXTS.items() for _ in range(2)],
}
"""The two columns of ten lines. What is tagged as ``tag`` is seen at the last character only, as ``past`` before."""

TASKS = {name: {"two": "classify", "three": "classify", "past": "tag"}.get(name, name) for name in EXAMPLES}
ANSWERED = [name for name in EXAMPLES if name != "generate"]
"""Those that are learnt to answer lines."""

QUICK = ("--hidden-size", 24, "--batch-size", 5, "--learning-rate", 0.02, "--steps", 200)
_PLACE = TemporaryDirectory(prefix="rnncli-examples-")


def tsv(lines: list[tuple[str, str]], end: str = "\n") -> str:
    """A file of pairs."""
    return "".join(f"{first}\t{second}{end}" for first, second in lines)


def questions(name: str) -> list[str]:
    """What a model of these examples is asked."""
    return [pair[TASKS[name] == "classify"] for pair in EXAMPLES[name]]


def answers(name: str) -> list[str]:
    """And what it should say."""
    return [pair[TASKS[name] != "classify"] for pair in EXAMPLES[name]]


def pairs_file(folder: Path, name: str) -> Path:
    """The examples as a file in ``folder``."""
    path = folder / f"{name}.tsv"
    path.write_text(tsv(EXAMPLES[name]), "utf-8")
    return path


def train(folder: Path, name: str, *options: object, model: str = "model.npz") -> Path:
    """A model of these examples in ``folder``, made by the command line."""
    words = (pairs_file(folder, name), "--task", TASKS[name], "-q", "-o", folder / model, *options)
    succeeded(rnncli("train", *words))
    return folder / model


@cache
def learnt(name: str, *options: object) -> Path:
    """A model that has learnt these examples by heart; it is made only once."""
    number = len(list(Path(_PLACE.name).iterdir()))
    return train(Path(_PLACE.name), name, *QUICK, *options, model=f"{number}.npz")


def predicted(model: Path, lines: list[str], *options: object) -> list[str]:
    """The lines that rnncli predict answers."""
    output = succeeded(rnncli("predict", model, *options, input="".join(f"{line}\n" for line in lines)))
    assert output.endswith("\n")
    return output.removesuffix("\n").split("\n")
