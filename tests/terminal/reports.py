"""A report of a model that has learnt a hostile text, made once."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.cli.running import rnncli, succeeded

HOSTILE = '</script><img src=x onerror="document.title=1"><b>&amp;"\'\n'
LINES = "".join(f'{HOSTILE if n % 7 == 0 else ""}line {n * n % 97} (of {n % 5}) "quoted" text\n' for n in range(600))
"""Its held-out part is just long enough to say which units are associated with something."""


@cache
def report(cell: str = "gru") -> Path:
    """The report, beside the model and the text; of a cell but the GRU on too short a text to tell what units track."""
    folder = Path(mkdtemp(prefix="rnncli-report-"))
    (folder / "hostile.txt").write_text(LINES if cell == "gru" else LINES[: len(LINES) // 4])
    options = ["--cell", cell, "--hidden-size", 24, "--steps", 60, "--validation", 0.3, "-q"]
    succeeded(rnncli("train", folder / "hostile.txt", "-o", folder / "m.npz", *options))
    succeeded(rnncli("inspect", folder / "m.npz", "--html", folder / "report.html"))
    return folder / "report.html"
