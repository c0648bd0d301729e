"""Make the model files of ``models/``, with the rnncli that is installed: ``python tests/storage/make_models.py v2``.

A folder for each version of the format that was ever written; files are made once, by the last rnncli that wrote the
version, and never again. With each stands what that rnncli said of it: the score of the text, and of a run that was
resumed from the file.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

MODELS = Path(__file__).parent / "models"
STEPS, LATER = 12, 20
SMALL = ["--hidden-size", "4", "--batch-size", "3", "--eval-every", "4", "--workers", "1", "--seed", "7"]

LINES = [f"{n} {n * n % 97}é" for n in range(60)]
RUNNING = "\n".join(LINES) + "\n"
LABELLED = "".join(f"{'odd' if n % 2 else 'even'}\t{line}\n" for n, line in enumerate(LINES))
TAGGED = "".join(f"{line}\t{''.join('d' if c.isdigit() else '-' for c in line)}\n" for line in LINES)
TRANSLATED = "".join(f"{line}\t{line[::-1]}\n" for line in LINES)

CASES: dict[str, tuple[str, str, list[str]]] = {
    "rnn": ("text.txt", RUNNING, ["--cell", "rnn", "--layers", "2", "--seq-length", "9"]),
    "gru": ("text.txt", RUNNING, ["--cell", "gru", "--embedding-size", "3", "--min-count", "20", "--seq-length", "9"]),
    "lstm": ("text.txt", RUNNING, ["--cell", "lstm", "--encoding", "bytes", "--seq-length", "9"]),
    "mlp": ("text.txt", RUNNING, ["--cell", "mlp", "--context", "3", "--seq-length", "9"]),
    "tails": ("text.txt", RUNNING, ["--validation-split", "tails", "--validation", "0.2", "--seq-length", "9"]),
    "counts": ("text.txt", RUNNING, ["--ngram", "3", "--validation", "0.2", "--seq-length", "9"]),
    "labelled": ("labelled.tsv", LABELLED, ["--task", "generate"]),
    "classifier": ("labelled.tsv", LABELLED, ["--task", "classify", "--cell", "lstm"]),
    "tagger": ("tagged.tsv", TAGGED, ["--task", "tag", "--cell", "rnn", "--validation", "0.2"]),
    "translator": ("translated.tsv", TRANSLATED, ["--task", "translate"]),
}
"""By the name of the model file: the name of the text, the text, and the options."""

SINCE = {"counts": 5}
"""The version of the format that was the first to have a case; all others are there from the beginning."""


def rnncli(folder: Path, *words: str) -> str:
    """Standard output of a command in this folder."""
    command = [sys.executable, "-m", "rnncli", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def main(version: str) -> None:
    """Write all models of a version, and ``said.json`` beside them."""
    said = {}
    with TemporaryDirectory() as place:
        folder = Path(place)
        for name, (file, text, options) in CASES.items():
            (folder / file).write_text(text, "utf-8")
            train = ("train", file, "-o", f"{name}.npz", "-q")
            rnncli(folder, *train, *SMALL, *options, "--steps", str(STEPS))
            scored = json.loads(rnncli(folder, "score", f"{name}.npz", file, "--json"))
            kept = (folder / f"{name}.npz").read_bytes()
            rnncli(folder, *train, "--resume", "--steps", str(LATER))
            resumed = json.loads(rnncli(folder, "inspect", f"{name}.npz", "--json"))["history"][-1]["loss"]
            said[name] = {"score": scored, "loss_after_resume": resumed}
            target = MODELS / version / f"{name}.npz"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(kept)
    (MODELS / version / "said.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
