"""The corpora in data/ are what data/README.md says they are."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
SCRIPT = DATA / "make_structure.py"
UNIT = 2
CLOSES = {")": "(", "]": "[", "}": "{"}

# A rule takes the lines of a text and yields the numbers of those that break it.
Rule = Callable[[list[str]], Iterator[int]]


def make(*arguments: str) -> bytes:
    """Run the generator and return what it writes to standard output."""
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def plain(lines: list[str]) -> Iterator[int]:
    """Lines hold printable ASCII, end without spaces and fit in 70 columns."""
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(r"([ -~]{0,69}[!-~])?", line):
            yield number


def quotes(lines: list[str]) -> Iterator[int]:
    """Quotes close on the line that opens them."""
    for number, line in enumerate(lines, 1):
        if line.count('"') % 2:
            yield number


def brackets(lines: list[str]) -> Iterator[int]:
    """Outside quotes, brackets close in the right order, lie at most four deep, and all close."""
    stack: list[str] = []
    for number, line in enumerate(lines, 1):
        for char in re.sub(r'"[^"]*"', "", line):
            if char in CLOSES.values():
                stack.append(char)
            if len(stack) > 4 or (char in CLOSES and (not stack or stack.pop() != CLOSES[char])):
                yield number
    if stack:
        yield len(lines)


def counts(lines: list[str]) -> Iterator[int]:
    """A number from 2 to 9 before a colon is followed by that many copies of one letter."""
    for number, line in enumerate(lines, 1):
        for count, letters in re.findall(r"(\d+): ?(\w*)", line):
            if not 2 <= int(count) <= 9 or not letters or letters != letters[0] * int(count):
                yield number


def indents(lines: list[str]) -> Iterator[int]:
    """Indentation grows by one unit after a colon at a line's end, and nowhere else."""
    level, opened = 0, False
    for number, line in enumerate(lines, 1):
        if not line and not opened:  # a blank line says nothing, but cannot be a block's body
            continue
        indent = len(line) - len(line.lstrip(" "))
        fits = indent == level + UNIT if opened else indent <= level
        if indent % UNIT or indent > 4 * UNIT or not fits:
            yield number
        level, opened = indent, line.endswith(":")
    if opened:
        yield len(lines)


RULES: tuple[Rule, ...] = (plain, quotes, brackets, counts, indents)


def test_hello_is_five_bytes() -> None:
    """A newline at the end would be a sixth byte."""
    assert (DATA / "hello.txt").read_bytes() == b"hello"


def test_script_reproduces_structure(tmp_path: Path) -> None:
    """The stored corpus comes from the script, by either way of writing it."""
    stored = (DATA / "structure.txt").read_bytes()
    make(str(tmp_path / "copy.txt"))
    assert make() == stored
    assert (tmp_path / "copy.txt").read_bytes() == stored


def test_seed_changes_structure() -> None:
    """Another seed gives another text."""
    assert make("--size", "1000", "--seed", "2") != make("--size", "1000")


def test_structure_size() -> None:
    """Large enough to learn from, small enough to store."""
    assert 150_000 <= (DATA / "structure.txt").stat().st_size <= 250_000


@pytest.mark.parametrize("rule", RULES)
def test_structure_keeps(rule: Rule) -> None:
    """The corpus breaks no rule on any line."""
    text = (DATA / "structure.txt").read_bytes().decode("ascii")
    assert text.endswith("\n")
    assert not list(rule(text.split("\n")))


def test_structure_has_every_feature() -> None:
    """The rules would hold for an empty text, so look that there is something to rule on."""
    text = (DATA / "structure.txt").read_text(encoding="ascii")
    assert all(f" {count}: " in text for count in range(2, 10))
    assert all(text.count(char) > 500 for char in '()[]{}"')
    assert all(f"\n{' ' * UNIT * depth}say " in text for depth in range(1, 5))


@pytest.mark.parametrize(
    ("rule", "text", "bad"),
    [
        (plain, "fine\ntab\there", 2),
        (plain, "x" * 71, 1),
        (plain, "trailing ", 1),
        (quotes, 'say "fine"\nsay "the fox', 2),
        (brackets, "mix (fox + [moon])\nmix (fox + [moon)]", 2),
        (brackets, "mix ((((({}", 1),
        (brackets, "mix fox)", 1),
        (brackets, 'mix (fox + "moon)"', 1),
        (counts, "count 2: aa, 3: bbbb", 1),
        (counts, "count 3: aab", 1),
        (counts, "count 2: ", 1),
        (counts, "count 1: a", 1),
        (counts, "fine\ncount 10: aaaaaaaaaa", 2),
        (indents, "if fox:\n  mix\n    mix", 3),
        (indents, "if fox:\nmix", 2),
        (indents, "if fox:\n    mix", 2),
        (indents, "if fox:\n  mix\n mix", 3),
        (indents, "if fox:\n\n  mix", 2),
        (indents, "mix\nif fox:", 2),
    ],
)
def test_rule_finds_fault(rule: Rule, text: str, bad: int) -> None:
    """A rule that never complains would prove nothing about the corpus."""
    assert bad in list(rule(text.split("\n")))
