"""Print what test_kneser_ney.py compares with KenLM: its loss and its discounts. Only run by hand, from the repository:

    pip install kenlm pytest numpy
    python -m tests.models.make_kenlm_reference path/to/lmplz

lmplz is part of KenLM's source (that package's, too), built with CMake and Boost: cmake -B build; make -C build lmplz.
"""

import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import kenlm
import numpy as np

from tests.models.test_kneser_ney import kenlm_texts

FALLBACK = ["0.5", "0.75", "0.75"]
"""The model's discounts where a text is too small for an estimate: here that of the 1-grams."""


def tokens_of(ids: np.ndarray) -> list[str]:
    return [chr(ord("a") + i) for i in ids.tolist()]


def nats(arpa: Path, tokens: list[str]) -> float:
    """The mean of -ln P of each token given those before it, of which the first has none, not even <s>."""
    model, state, total = kenlm.Model(str(arpa)), kenlm.State(), 0.0
    model.NullContextWrite(state)
    for token in tokens:
        after = kenlm.State()
        total -= model.BaseScore(state, token, after) * math.log(10)
        state = after
    return total / len(tokens)


def main(lmplz: str) -> None:
    text, other = map(tokens_of, kenlm_texts())
    with tempfile.TemporaryDirectory() as folder:
        for order in (2, 4, 6):
            arpa = Path(folder, f"{order}.arpa")
            command = [lmplz, "-o", str(order), "-S", "200M", "-T", folder, "--discount_fallback", *FALLBACK]
            command += ["--arpa", str(arpa)]
            run = subprocess.run(command, input=" ".join(text) + "\n", check=True, text=True, capture_output=True)
            rows = re.findall(r"^\d+ \d+ D1=(\S+) D2=(\S+) D3\+=(\S+)$", run.stderr, re.MULTILINE)
            print(f"{order}: ({nats(arpa, other)!r}, {[[float(d) for d in row] for row in rows[1:]]}),")


if __name__ == "__main__":
    main(sys.argv[1])
