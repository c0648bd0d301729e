"""The tasks with default options, on what they have not learnt.

    python tests/benchmarks/tasks.py --names names.tsv --text shakespeare.txt --seeds 0 1 2

``names.tsv`` has lines of a label and a name, of which 15 % of each label are put aside. Of those: right answers and
macro-F1 of a classifier, and where scikit-learn is installed of logistic regression on TF-IDF of 1 to 4 characters (C =
30), learnt from the same lines; then how many of 500 names that were written by a label are taken for that label. Dates
of days that do not occur in data/dates.tsv. The places of the blanks in the last tenth of a text's lines, with both
directions and with one.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
PUT_ASIDE = 0.15
WRITTEN = 500
LONGEST_LINE = 200


def run(*arguments: object, input: str | None = None) -> str:
    """Standard output of a command."""
    command = [sys.executable, "-m", "rnncli", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, input=input).stdout


def trained(text: Path, model: Path, *options: object) -> float:
    """Train with default options; the minutes that it took."""
    began = time.perf_counter()
    run("train", text, "-o", model, "-q", "-f", *options)
    return (time.perf_counter() - began) / 60


def score(model: Path, text: Path) -> dict[str, Any]:
    """What ``rnncli score`` says, as data."""
    found: dict[str, Any] = json.loads(run("score", model, text, "--json"))
    return found


def write(path: Path, lines: list[str]) -> Path:
    """A file of these lines."""
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def names(source: Path, seed: int, label: str, folder: Path) -> None:
    """Classify, and write by label."""
    by_label = defaultdict(list)
    for line in source.read_text("utf-8").splitlines():
        by_label[line.partition("\t")[0]].append(line)
    rng, parts = random.Random(seed), ([], [])
    for lines in by_label.values():
        rng.shuffle(lines)
        cut = round(PUT_ASIDE * len(lines))
        parts[0].extend(lines[cut:])
        parts[1].extend(lines[:cut])
    rng.shuffle(parts[0])
    learnt, unseen = write(folder / "learnt.tsv", parts[0]), write(folder / "unseen.tsv", parts[1])
    minutes = trained(learnt, folder / "names.npz", "--task", "classify", "--seed", seed)
    found = score(folder / "names.npz", unseen)
    told = f"accuracy {found['accuracy']:.1%}, macro-F1 {found['macro_f1']:.3f}, {minutes:.1f} minutes"
    print(f"names, seed {seed}: {told}; {beside(parts)}", flush=True)
    trained(learnt, folder / "by-label.npz", "--task", "generate", "--seed", seed)
    written = run("sample", folder / "by-label.npz", "--label", label, "--count", WRITTEN, "--seed", seed)
    taken = run("predict", folder / "names.npz", input=written).split("\n")[:-1]
    share = len(by_label[label]) / sum(map(len, by_label.values()))
    print(
        f"written for {label}: {taken.count(label) / len(taken):.1%} taken for it, {share:.1%} of all names", flush=True
    )


def beside(parts: tuple[list[str], list[str]]) -> str:
    """The usual strong baseline on the same lines."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import accuracy_score, f1_score
    except ImportError:
        return "no scikit-learn to compare with"
    columns = [list(zip(*(line.split("\t") for line in lines), strict=True)) for lines in parts]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, lowercase=False)
    model = LogisticRegression(C=30, max_iter=2000).fit(vectors.fit_transform(columns[0][1]), columns[0][0])
    answers, truth = model.predict(vectors.transform(columns[1][1])), columns[1][0]
    macro = f1_score(truth, answers, average="macro", zero_division=0)
    return f"logistic regression {accuracy_score(truth, answers):.1%}, {macro:.3f}"


def dates(folder: Path) -> None:
    """Translate dates of days that were not learnt."""
    learnt = ROOT / "data" / "dates.tsv"
    days = {line.partition("\t")[2] for line in learnt.read_text().splitlines()}
    make = [sys.executable, ROOT / "data" / "make_pairs.py", "dates", "--seed", "1", "--lines", "6000"]
    lines = subprocess.run(make, check=True, capture_output=True, text=True).stdout.splitlines()
    unseen = [line for line in lines if line.partition("\t")[2] not in days][:1000]
    minutes = trained(learnt, folder / "dates.npz")
    found = score(folder / "dates.npz", write(folder / "dates.tsv", unseen))
    print(f"dates: {found['exact_match']:.1%} of {len(unseen)} exact, {minutes:.1f} minutes", flush=True)


def blanks(text: Path, folder: Path) -> None:
    """Find where the blanks were."""
    pairs = []
    for line in text.read_text("utf-8").splitlines():
        words = line.split()
        if words and len(line) <= LONGEST_LINE:
            tags = ["-" * (len(word) - 1) + "_" for word in words]
            pairs.append(f"{''.join(words)}\t{''.join(tags)[:-1]}-")
    cut = len(pairs) - len(pairs) // 10
    learnt, unseen = write(folder / "blanks.tsv", pairs[:cut]), write(folder / "rest.tsv", pairs[cut:])
    for options in ([], ["--no-bidirectional"]):
        minutes = trained(learnt, folder / "blanks.npz", "--task", "tag", *options)
        found = score(folder / "blanks.npz", unseen)
        f1 = found["f1"][found["names"].index("_")]
        print(f"blanks {' '.join(options)}: F1 {f1:.3f}, {minutes:.1f} minutes", flush=True)


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", type=Path)
    parser.add_argument("--label", default="Japanese")
    parser.add_argument("--text", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    with TemporaryDirectory() as place:
        folder = Path(place)
        for seed in arguments.seeds if arguments.names else []:
            names(arguments.names, seed, arguments.label, folder)
        dates(folder)
        if arguments.text:
            blanks(arguments.text, folder)


if __name__ == "__main__":
    main()
