"""rnncli export MODEL page.html, as users type it."""

from pathlib import Path

from rnncli.terminal.page.document import MARK
from tests.cli.running import refused, rnncli, succeeded


def test_a_page_is_written_and_says_what_its_weights_cost(hello: Path, folder: Path) -> None:
    told = rnncli("export", hello, "page.html")
    assert succeeded(told) == ""
    assert told.stderr.startswith("wrote page.html, ")
    page = (folder / "page.html").read_text("utf-8")
    assert page.startswith(MARK)
    assert "int8, with a scale for each row" in page
    assert "Loss in nats per character on hello.txt, the training text" in page


def test_without_its_text_it_says_so_and_goes_on(folder: Path) -> None:
    (folder / "hello.txt").write_text("hello")
    succeeded(rnncli("train", "hello.txt", "-o", "m.npz", "--steps", 3, "-q"))
    (folder / "hello.txt").rename(folder / "other.txt")
    told = rnncli("export", "m.npz", "page.html")
    assert succeeded(told) == ""
    assert "hello.txt was moved or modified; name a text to look at with --text" in told.stderr
    assert "no text was at hand" in (folder / "page.html").read_text("utf-8")
    assert rnncli("export", "m.npz", "page.html", "--force", "-q").stderr == ""
    succeeded(rnncli("export", "m.npz", "page.html", "--text", "other.txt", "--force", "-q"))
    assert "on other.txt: as trained" in (folder / "page.html").read_text("utf-8")


def test_what_is_refused(hello: Path, folder: Path) -> None:
    (folder / "page.html").write_text("mine")
    refused(rnncli("export", hello, "page.html"), "page.html exists", "--force")
    assert (folder / "page.html").read_text() == "mine"
    refused(rnncli("export", hello, "none/page.html"), "the folder none does not exist")
    refused(rnncli("export", hello, "page.htm"), "suffixes", ".html")
    refused(rnncli("export", hello, "new.html", "--text", "missing.txt"), "missing.txt does not exist")
    refused(rnncli("export", hello, "new.onnx", "--text", "page.html"), "--text applies to .html")
    (folder / "names.tsv").write_text("X\ta\nY\tb\n" * 9)
    succeeded(rnncli("train", "names.tsv", "-o", "names.npz", "--steps", 2, "-q"))
    refused(
        rnncli("export", "names.npz", "new.html", "--text", "names.tsv"), "--text applies to models of running text"
    )
    assert not list(folder.glob("new.*"))
