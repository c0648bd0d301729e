"""The page as a file: readable without script, its policy fits, and no alphabet becomes markup."""

import base64
import hashlib
import json
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from rnncli.inspection.page import model_page
from rnncli.inspection.probe import Probe
from rnncli.models.mixture import Counts
from rnncli.models.ngram.kneser_ney import KneserNey
from rnncli.storage.checkpoint import Checkpoint
from rnncli.terminal.page.document import SCRIPTS, as_html, resource, script_of
from tests.terminal.pages import CASES, HOSTILE, model_of


@cache
def page(case: str) -> str:
    """The page of an untrained model."""
    return as_html(model_page(Probe(Checkpoint(model_of(case), path=f"<b>{case}.npz"))))


class Read(HTMLParser):
    """The elements of a page, and the text that one sees without script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text, self.scripts = "", []  # type: str, list[str]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.scripts.append(data)
        else:
            self.text += data


@pytest.mark.parametrize("case", ["lstm", "tag", "hostile", "bytes"])
def test_the_policy_allows_this_style_and_script_alone(case: str) -> None:
    read = Read(page(case))
    (policy,) = [a["content"] for tag, a in read.tags if tag == "meta" and a.get("http-equiv")]
    style, _, _, script = read.scripts
    hashes = [f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}" for text in (style, script)]
    assert policy == f"default-src 'none'; img-src data:; style-src '{hashes[0]}'; script-src '{hashes[1]}'"
    assert not [name for _, attributes in read.tags for name in attributes if name == "style" or name.startswith("on")]
    assert "http" not in page(case).replace("http-equiv", "")


@pytest.mark.parametrize("case", CASES)
def test_the_data_of_the_script_are_the_model(case: str) -> None:
    model = model_of(case)
    _, data, weights, _ = Read(page(case)).scripts
    read = json.loads(data)
    assert "".join(read["vocabulary"]["characters"]) == model.vocabulary.characters
    assert [array["name"] for array in read["arrays"]] == list(model.parameters)
    assert len(base64.b64decode(weights)) >= model.parameters.flat.size


def test_a_hostile_alphabet_is_no_markup() -> None:
    text = page("hostile")
    assert {tag for tag, _ in Read(text).tags} == {tag for tag, _ in Read(page("lstm")).tags}
    assert text.count("</script>") == page("classify-two").count("</script>") == 3
    assert not set("\x00\x1b\u2028\u2029\u202e\ud83d") & set(text)
    text.encode()
    assert set(HOSTILE.characters) >= set("\x00\u2028\u202e\ud83d")  # so that the lines above could fail


def test_it_is_readable_without_script() -> None:
    read = Read(page("lstm"))
    assert ("div", {"id": "alive", "hidden": None}) in read.tags
    for words in ("LSTM, 3 layers of 5 units", "float16", "no text was at hand", "A sample", "<b>lstm.npz"):
        assert words in read.text
    written = re.search(r'<pre class="text">(.*?)</pre>\n<p class="note">Made', page("lstm"), re.DOTALL)
    assert written and len(unescape(written[1])) > 300


def test_counts_stay_out_of_the_page_which_says_so() -> None:
    model = model_of("lstm")
    counts = Counts(KneserNey.of(np.arange(7) % 5, len(model.vocabulary), 2), 0.5)
    about = Read(as_html(model_page(Probe(Checkpoint(model, counts=counts))))).text.partition("About this model")[2]
    assert "network alone: the n-gram counts in the model file" in about
    assert "n-gram" not in Read(page("lstm")).text.partition("About this model")[2]


def test_every_script_is_joined_once_and_short() -> None:
    for part, names in SCRIPTS.items():
        assert len(set(names)) == len(names)
        assert all(resource(f"{name}.js").strip() in script_of(part) for name in names)
        assert all(resource(f"{name}.js").count("\n") < 300 for name in names)


def test_a_page_is_the_same_every_time() -> None:
    again = as_html(model_page(Probe(Checkpoint(model_of("labelled"), path="<b>labelled.npz"))))
    assert again == page("labelled")
    assert np.isfinite(model_of("labelled").parameters.flat).all()
