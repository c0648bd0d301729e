"""What occurs in lines of two columns, and how often: the alphabets of a new model, and what looks like a mistake."""

from collections import Counter, defaultdict

import numpy as np

from rnncli.datasets.columns import BOUNDARY, CHARACTERS, LABELS, LAYOUTS, Line, with_boundaries
from rnncli.datasets.labels import Labels
from rnncli.datasets.sources import Sources
from rnncli.datasets.vocabulary import Vocabulary
from rnncli.errors import InputError
from rnncli.names import listed, plural

Alphabet = Vocabulary | Labels


class Counts:
    """Characters of the texts, and characters or labels of the targets, of all ``lines`` of a task."""

    def __init__(self, task: str) -> None:
        self.task, self.layout, self.lines = task, LAYOUTS[task], 0
        self.texts: Counter[str] = Counter()
        self.targets: Counter[str] = Counter()

    def add(self, line: Line) -> None:
        """Count a line; the boundaries of what is written as well."""
        text, target = with_boundaries(line, self.task)
        self.lines += 1
        self.texts.update(text)
        self.targets.update([target] if self.layout.target == LABELS else target)

    def alphabets(self, sources: Sources, min_count: int) -> tuple[Vocabulary, Alphabet]:
        """Alphabets of the two columns. What is only read may later hold anything, so it has a symbol for the unknown.
        InputError where nothing is left of one, and for labels that are all the same."""
        form = sources.reading.normalize
        vocabulary = _vocabulary(self.texts, min_count, form)
        if self.layout.written != "text":
            vocabulary = Vocabulary(vocabulary.characters, unknown=True, normalize=form)
        target: Alphabet
        if self.layout.target == LABELS:
            target = Labels(tuple(sorted(self.targets)))
        else:
            target = _vocabulary(self.targets, min_count if self.layout.target == CHARACTERS else 1, form)
        written = vocabulary if self.layout.written == "text" else target
        if not vocabulary.characters.strip(BOUNDARY) or "".join(written.symbols) == BOUNDARY:
            raise InputError(f"no character occurs {min_count} times; use a smaller --min-count")
        if isinstance(target, Labels) and len(target) < 2:
            names, (label,) = ", ".join(sources.names), target.symbols
            raise InputError(f"{names}: all {self.lines} lines have the label {label!r}; it takes two or more")
        return vocabulary, target

    def extended(self, vocabulary: Vocabulary, target: Alphabet) -> tuple[Vocabulary, Alphabet]:
        """Alphabets of a model, with the symbols that they lack; an unknown symbol stands for all of them."""
        if isinstance(target, Labels):
            target = Labels(tuple(sorted({*target.symbols, *self.targets})))
        elif not target.unknown:
            target = target.extended("".join(self.targets))
        return vocabulary if vocabulary.unknown else vocabulary.extended("".join(self.texts)), target

    def warnings(self) -> list[str]:
        """Labels that are rare, or that differ from each other by nothing but case."""
        if self.layout.target != LABELS:
            return []
        found, alike = [], defaultdict(list)
        single = sorted(label for label, count in self.targets.items() if count == 1)
        if single and self.lines >= RARE:
            found.append(f"{plural(len(single), 'label')} with a single line: {listed(list(map(repr, single)))}")
        for label, count in sorted(self.targets.items()):
            alike[label.casefold()].append(f"{label!r} ({plural(count, 'line')})")
        differing = [" and ".join(names) for names in alike.values() if len(names) > 1]
        if differing:
            found.append(f"labels that differ in case alone: {listed(differing)}")
        return found


RARE = 20
"""In fewer lines than these a label with one of them is no surprise."""


def _vocabulary(counts: Counter[str], min_count: int, form: str) -> Vocabulary:
    points = np.zeros(max(map(ord, counts), default=0) + 1, np.int64)
    for character, count in counts.items():
        points[ord(character)] = count
    if counts[BOUNDARY]:  # it says where a text ends, however few there are
        points[ord(BOUNDARY)] = max(counts[BOUNDARY], min_count)
    return Vocabulary.from_counts(points, min_count=min_count, normalize=form)
