"""Training from Python: the run of the command, and what a script needs of it."""

import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import rnncli
from tests.cli.running import ROOT, environment, succeeded
from tests.cli.running import rnncli as command

TEXT = "".join(f"{n * 37 % 120} and {n * n % 97}\n" for n in range(120))
SMALL = {"hidden_size": 6, "steps": 6}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the test works."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path


def test_it_writes_the_file_of_the_command(folder: Path) -> None:
    """Byte for byte: weights, counts, record, and what a resume needs."""
    options = {**SMALL, "layers": 2, "ngram": 3, "seed": 5, "validation": 0.2, "eval_every": 2}
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    succeeded(command("train", "a.txt", "-o", "command.npz", "-q", "--workers", 1, *words))
    model = rnncli.train("a.txt", **options)  # type: ignore[arg-type]
    model.save("python.npz")
    rnncli.load("python.npz").save("again.npz")
    expected = (folder / "command.npz").read_bytes()
    assert (folder / "python.npz").read_bytes() == expected
    assert (folder / "again.npz").read_bytes() == expected
    assert repr(model) == repr(rnncli.load("command.npz"))


def test_texts_are_what_a_file_holds(folder: Path) -> None:
    *lines, last = TEXT.splitlines(keepends=True)
    texts = [line.rstrip() for line in lines] + [last]
    of_file, of_text = rnncli.train(Path("a.txt"), **SMALL), rnncli.train(texts, **SMALL)
    several = rnncli.train([Path("a.txt")], **SMALL)
    assert of_text.record["data"]["files"] == ["texts"]
    for other in (of_text, several):
        np.testing.assert_array_equal(of_file.model.parameters.flat, other.model.parameters.flat)


def test_a_run_is_resumed_by_the_command() -> None:
    rnncli.train("a.txt", **SMALL).save("a.npz")
    succeeded(command("train", "a.txt", "-o", "a.npz", "--resume", "--steps", 9, "-q"))
    assert rnncli.load("a.npz").record["state"]["step"] == 9


def test_it_begins_with_another_model() -> None:
    """Given or by its file, which does not change."""
    first = rnncli.train("a.txt", **SMALL)
    first.save("a.npz")
    before = first.model.parameters.flat.copy()
    one, two = rnncli.train("a.txt", init_from=first, steps=3), rnncli.train("a.txt", init_from="a.npz", steps=3)
    np.testing.assert_array_equal(one.model.parameters.flat, two.model.parameters.flat)
    np.testing.assert_array_equal(first.model.parameters.flat, before)
    assert one.model.config == first.model.config


def test_reports_of_every_step_and_false_ends_the_run() -> None:
    seen: list[rnncli.Report] = []
    rnncli.train("a.txt", **SMALL, on_report=seen.append)
    assert [report.step for report in seen] == [1, 2, 3, 4, 5, 6]
    model = rnncli.train("a.txt", **SMALL, on_report=lambda report: report.step < 4)
    assert model.record["state"]["step"] == 4


def test_an_error_in_a_report_passes_through() -> None:
    def fail(report: rnncli.Report) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rnncli.train("a.txt", **SMALL, on_report=fail)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_ends_the_step_and_gives_the_model() -> None:
    def interrupt(report: rnncli.Report) -> None:
        if report.step == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.warns(UserWarning, match="interrupted: the model is that of step 3"):
        model = rnncli.train("a.txt", **SMALL, on_report=interrupt)
    assert model.record["state"]["step"] == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_is_raised() -> None:
    def interrupt(report: rnncli.Report) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        rnncli.train("a.txt", **SMALL, on_report=interrupt)


def test_it_is_silent_unless_progress_is_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rnncli.train("a.txt", **SMALL)
    assert capfd.readouterr() == ("", "")
    rnncli.train("a.txt", **SMALL, progress=True)
    out, err = capfd.readouterr()
    assert out == "" and "step 6, epoch" in err


def test_other_processes_share_a_run() -> None:
    """In a script, as documented; the sums differ in their order alone."""
    code = (
        f"import rnncli\nif __name__ == '__main__':\n    rnncli.train('a.txt', workers=2, **{SMALL}).save('two.npz')\n"
    )
    Path("script.py").write_text(code)
    env = environment(PYTHONPATH=str(ROOT))
    subprocess.run([sys.executable, "script.py"], check=True, env=env, timeout=60)
    one, two = rnncli.train("a.txt", **SMALL), rnncli.load("two.npz")
    np.testing.assert_allclose(one.model.parameters.flat, two.model.parameters.flat, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path_or_texts": "some\ntext"}, r"'some\\ntext' does not exist; to train on the text itself, pass a list"),
        (
            {"path_or_texts": "b.txt"},
            r"b\.txt does not exist; did you mean a\.txt\?; to train on the text itself, pass a list",
        ),
        ({"path_or_texts": "a\0"}, r"'a\\x00' does not exist"),
        ({"path_or_texts": []}, "texts is empty"),
        ({"path_or_texts": ["a.txt"]}, r"a\.txt is a file, and a list of strings is text; name files as pathlib\.Path"),
        ({"path_or_texts": ["text", Path("a.txt")]}, r"texts\[1\] is of type \w+Path"),
        ({"hidden_size": 0}, "hidden_size: 0 is below 1"),
        ({"hidden_size": 2.5}, "hidden_size: 2.5 is not an integer"),
        ({"layers": True}, "layers: True is not an integer"),
        ({"cell": "gur"}, "cell: 'gur' is not known; did you mean gru"),
        ({"dropout": 1}, "dropout: 1 is not a finite number of at least 0 and below 1"),
        ({"time": "3x"}, "time: '3x' is not a duration"),
        ({"time": 0}, "time: 0 is not a duration"),
        ({"bidirectional": 1}, "bidirectional: 1 is neither True nor False"),
        ({"validation": []}, "validation: .* is neither a fraction nor a file"),
        ({"encoding": "uft-8"}, "encoding: 'uft-8' is no encoding of text; did you mean utf-8"),
        ({"steps": 3, "epochs": 2}, "epochs and steps are mutually exclusive"),
        ({"bidirectional": True}, "--bidirectional is not for --task generate"),
        ({"workers": 9, "batch_size": 2}, "--workers 9 is more than there is to share"),
    ],
)
def test_bad_input_is_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(rnncli.InputError, match=message):
        rnncli.train(**{"path_or_texts": "a.txt", **options})  # type: ignore[arg-type]


def test_wrong_calls_are_type_errors() -> None:
    with pytest.raises(TypeError, match="did you mean hidden_size"):
        rnncli.train("a.txt", hiden_size=3)  # type: ignore[call-arg]


def test_a_file_that_is_no_model_is_left_alone() -> None:
    model = rnncli.train("a.txt", **SMALL)
    with pytest.raises(rnncli.InputError, match=r"a\.txt exists and is not an rnncli model"):
        model.save("a.txt")
    assert Path("a.txt").read_text() == TEXT
    with pytest.raises(rnncli.RnncliError, match="could not be written"):
        model.save("no/a.npz")


def test_a_model_says_what_it_is(folder: Path) -> None:
    (folder / "<b>.tsv").write_text("yes\tab\nno\tba\n" * 20)
    model = rnncli.train("<b>.tsv", **SMALL)
    assert "classifier" in repr(model) and "labels 2" in repr(model) and "\n" not in repr(model)
    page = model._repr_html_()
    assert "&lt;b&gt;.tsv" in page and "<b>" not in page


def test_many_texts_are_each_as_alone() -> None:
    model = rnncli.train("a.txt", **SMALL)
    texts = ["1 and", "and and\n", "3 and 9\n"]
    for text, score in zip(texts, model.score(texts), strict=True):
        assert score.nats == pytest.approx(model.score(text).nats, rel=1e-5)
    assert model.score([]) == []
    with pytest.raises(rnncli.InputError, match="text 1 of fewer than two"):
        model.score(["an", "a"])
    with pytest.raises(rnncli.InputError, match="text 0 is of type float"):
        model.score([float("nan")])  # type: ignore[list-item]
    labels = rnncli.train([("yes", "ab"), ("no", "ba")] * 20, **SMALL)
    for text, answer in zip(["ab", "", "abba"], labels.predict(["ab", "", "abba"]), strict=True):
        assert answer.best == labels.predict(text).best
        assert answer.text == text
