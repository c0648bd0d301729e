"""Write a corpus of small invented programs whose structure must be remembered.

The words are few and the grammar is regular, so a small network can learn both. What it has to
carry along is the state a hidden unit may come to track: whether a quote is open, which brackets
are open and how deep, how far the block is indented, and how many letters of a run are left.

    python data/make_structure.py > data/structure.txt
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

UNIT = "  "
WIDTH = 70
MAX_DEPTH = 4  # for blocks and for brackets alike

ADJECTIVES = ("old", "quiet", "small", "bright", "cold", "green")
NOUNS = ("fox", "river", "lamp", "stone", "garden", "moon", "baker", "bridge", "bird", "rain")
VERBS = ("sings", "waits", "sleeps", "turns", "walks", "hides")
PREPOSITIONS = ("by", "under", "near", "over", "behind")
ACTIONS = ("pour", "mix", "fold", "heat", "rest")
RUN_LETTERS = "abcde"

# Each pair of brackets has its own separator, so the innermost one shows between items too.
BRACKETS = (("(", " + ", ")"), ("[", ", ", "]"), ("{", " | ", "}"))


def phrase(rng: Random) -> str:
    """Return a noun with its article, often with an adjective."""
    adjective = f"{rng.choice(ADJECTIVES)} " if rng.random() < 0.6 else ""
    return f"the {adjective}{rng.choice(NOUNS)}"


def sentence(rng: Random) -> str:
    """Return a plain sentence without its full stop; it reads alike inside and outside quotes."""
    place = f" {rng.choice(PREPOSITIONS)} {phrase(rng)}" if rng.random() < 0.8 else ""
    return f"{phrase(rng)} {rng.choice(VERBS)}{place}"


def nest(rng: Random, depth: int = 1) -> str:
    """Return a bracketed group of nouns, digits, short quotes and further groups."""
    opening, separator, closing = rng.choice(BRACKETS)
    items = [item(rng, depth) for _ in range(rng.randint(1, 3))]
    return opening + separator.join(items) + closing


def item(rng: Random, depth: int) -> str:
    """Return one member of a group that lies `depth` brackets deep."""
    draw = rng.random()
    if draw < 0.45 and depth < MAX_DEPTH:
        return nest(rng, depth + 1)
    if draw < 0.55:
        return f'"{phrase(rng)}"'
    if draw < 0.65:
        return str(rng.randint(2, 9))
    return rng.choice(NOUNS)


def run(rng: Random) -> str:
    """Return a number and exactly that many copies of one letter, as in `5: aaaaa`."""
    count = rng.randint(2, 9)
    return f"{count}: {rng.choice(RUN_LETTERS) * count}"


def statement(rng: Random) -> str:
    """Return one line of a program, not yet indented."""
    kind = rng.choice(("say", "let", "act", "count", "note"))
    if kind == "say":
        return f'say "{sentence(rng)}"'
    if kind == "let":
        return f"let {rng.choice(NOUNS)} = {nest(rng)}"
    if kind == "act":
        return f"{rng.choice(ACTIONS)} {nest(rng)}"
    if kind == "count":
        return "count " + ", ".join(run(rng) for _ in range(rng.randint(1, 3)))
    return f"# {sentence(rng)}"


def header(rng: Random) -> str:
    """Return a line that opens an inner block."""
    kind = rng.choice(("if", "while", "repeat"))
    if kind == "repeat":
        return f"repeat {rng.randint(2, 9)} times:"
    return f"{kind} {phrase(rng)} {rng.choice(VERBS)}:"


def block(rng: Random, depth: int) -> Iterator[str]:
    """Yield the indented lines of a block, with the blocks inside it."""
    indent = UNIT * depth
    for _ in range(rng.randint(2, 4)):
        if depth < MAX_DEPTH and rng.random() < 0.35:
            yield indent + header(rng)
            yield from block(rng, depth + 1)
            continue
        line = indent + statement(rng)
        while len(line) > WIDTH:  # deep groups may run wide: draw another statement
            line = indent + statement(rng)
        yield line


def passage(rng: Random) -> str:
    """Return a few sentences followed by one program, each ended by a blank line."""
    prose = [f"{sentence(rng)}." for _ in range(rng.randint(1, 3))]
    title = f"recipe {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}:"
    return "\n".join([*prose, "", title, *block(rng, 1), "", ""])


def make_text(seed: int, size: int) -> str:
    """Return whole passages, as many as it takes to reach `size` characters."""
    rng = Random(seed)
    passages: list[str] = []
    length = 0
    while length < size:
        passages.append(passage(rng))
        length += len(passages[-1])
    return "".join(passages)


def main() -> None:
    """Write the corpus to the given path, or to standard output."""
    parser = argparse.ArgumentParser(description="Make the synthetic corpus structure.txt.")
    parser.add_argument("path", nargs="?", type=Path, help="file to write (default: stdout)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same bytes (default: 1)")
    parser.add_argument("--size", type=int, default=200_000, help="least size (default: 200000)")
    args = parser.parse_args()
    data = make_text(args.seed, args.size).encode("ascii")
    if args.path:
        args.path.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)  # bytes, so that no platform turns newlines into CRLF


if __name__ == "__main__":
    main()
