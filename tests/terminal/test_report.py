"""A report is one file: closed to the network, readable without script, the same bytes for the same model."""

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from rnncli.engine.clamping import Clamp
from rnncli.inspection.activations import read
from rnncli.inspection.probe import make_probe
from rnncli.storage.checkpoint import Checkpoint, load, save
from tests.cli.running import refused, rnncli, succeeded
from tests.terminal.pages import model_of
from tests.terminal.reports import HOSTILE, LINES, report

SMALL = 3 << 20


class Reader(HTMLParser):
    """What a browser without script would show: tags, attributes, and text that is neither style nor script."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.silent = "", 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.silent += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text += data


@pytest.fixture(scope="module")
def page() -> str:
    return report().read_text("utf-8")


@pytest.fixture(scope="module")
def reader(page: str) -> Reader:
    return Reader(page)


def test_everything_can_be_read_without_script(reader: Reader) -> None:
    for words in ("is it healthy", "Where is it surprised", "Which unit tracks what", "How far back", "Integrators"):
        assert words in reader.text
    assert "Do gradients vanish" in reader.text
    assert "What it wrote while it learnt" in reader.text
    tags = [tag for tag, _ in reader.tags]
    assert tags.count("details") == 10 + 1  # ten units, and the numbers of a step
    assert tags.count("svg") > 5
    assert "h1" in tags
    hidden = [(tag, attributes.get("id")) for tag, attributes in reader.tags if "hidden" in attributes]
    assert hidden == [("li", None), ("div", "alive"), ("div", "held-bar")]  # what only a script brings to life


def test_the_learning_curve_and_a_sample_stand_in_the_overview(page: str) -> None:
    overview = page[page.index('<section id="overview">') :]
    overview = overview[: overview.index("</section>")]
    assert "<h3>Loss, nats per character</h3>\n<svg" in overview
    assert page.count("<h3>Loss, nats per character</h3>") == 1  # and not in the section on learning once more
    sample = Reader(overview[overview.index("A sample") :]).text
    assert sum(character in LINES for character in sample) > 300


def test_what_made_a_character_likely_has_a_sign_and_says_what_else_was_expected(page: str) -> None:
    """As `why` estimates it for the characters 64, 63, … before it; the largest of each has the full colour."""
    (packed,) = re.findall(r'id="effects">(.*?)</script>', page)
    levels = np.frombuffer(base64.b64decode(packed), np.int8).reshape(-1, 64).astype(int)
    letters = page[page.index('id="hover">') :].partition("</pre>")[0]
    titles = re.findall(r'<span title="([^"]*)">', letters)
    assert len(levels) == len(titles) == letters.count("<span") - 1 == 299
    assert set(np.abs(levels).max(axis=1)) == {10}
    assert -10 <= levels.min() < 0
    for place in (1, 2, 70, 299):
        command = ("inspect", report().with_name("m.npz"), "why", place, "--json")
        strip, *_, expected = json.loads(succeeded(rnncli(*command)))["parts"]
        shares = np.array(strip["values"][::-1]) / strip["scale"]
        np.testing.assert_allclose(levels[place - 1, : len(shares)], 10 * shares, atol=0.51)
        assert not levels[place - 1, len(shares) :].any()
        shown = [f"{'·' if c == ' ' else '↵' if c == chr(10) else c} {p:.2f}" for c, p, _ in expected["rows"][:3]]
        assert html.unescape(titles[place - 1]) == "  ".join(shown)


def test_ablation_stands_there_as_it_is_measured(page: str) -> None:
    """Units of the largest effect have a section; each panel has the effect of its unit, in the text of that panel."""
    section = page[page.index('<section id="ablate">') :].partition("</section>")[0]
    assert "Change of the loss when a unit is held at its mean" in section
    panels = re.findall(
        r"<summary>(\S+)[^<]*</summary>(.*?)</details>", page.partition('id="units-list"')[2], re.DOTALL
    )
    changes = {unit: re.search(r"<dt>ablation</dt><dd>(\S+) ± (\S+) bits", panel) for unit, panel in panels[:10]}
    probe = make_probe(load(report().with_name("m.npz")), [])
    probe = replace(probe, ids=probe.ids[:10_000])
    free = read(probe, ["l1.hidden"])
    for unit, shown in changes.items():
        assert shown
        number = int(unit.partition(":")[2])
        mean = float(free.values["l1.hidden"][:, number].mean(dtype=np.float64))
        held = read(probe, clamps=[Clamp("l1", "hidden", number, mean)])
        assert float(shown[1]) == pytest.approx(float((held.losses - free.losses).mean() / np.log(2)), abs=2e-4)
    assert len(changes) == 10


def test_no_two_parts_have_one_name(reader: Reader) -> None:
    """The report's own, and those of the model that lives in it."""
    names = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(names) == len(set(names)) > 50
    links = {str(attributes["href"]) for tag, attributes in reader.tags if tag == "a"}
    assert {link[1:] for link in links if link.startswith("#")} < set(names)


def test_a_hostile_text_is_text(reader: Reader) -> None:
    """What was learnt stands there as it was, and makes no tag."""
    assert not any(tag in ("img", "b") for tag, _ in reader.tags)
    assert len([tag for tag, _ in reader.tags if tag == "script"]) == 4
    assert HOSTILE.strip().replace(" ", "") in reader.text.replace(" ", "").replace("·", "")


def test_no_request_to_anywhere(page: str, reader: Reader) -> None:
    (policy,) = [a["content"] for tag, a in reader.tags if tag == "meta" and a.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for _, attributes in reader.tags:
        for name in ("src", "href", "action", "style"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:text/csv")), value
        assert not any(name.startswith("on") for name in attributes)
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "http" not in re.sub(r"http-equiv", "", page)


def test_every_table_can_be_downloaded(reader: Reader) -> None:
    tables = sum(tag == "table" for tag, _ in reader.tags)
    links = [a for tag, a in reader.tags if tag == "a" and "download" in a]
    assert len(links) == tables > 10


def test_small_and_the_same_again(tmp_path: Path) -> None:
    path = report()
    assert path.stat().st_size < SMALL
    succeeded(rnncli("inspect", path.with_name("m.npz"), "--html", tmp_path / "again.html"))
    assert (tmp_path / "again.html").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("cell", "missing"), [("rnn", "gates"), ("mlp", "gradients")])
def test_what_does_not_apply_is_left_out_and_said(cell: str, missing: str) -> None:
    text = Reader(report(cell).read_text("utf-8")).text
    assert "Left out" in text
    assert f"{missing}: " in text


def test_a_prime_has_a_heatmap_and_a_model_without_its_text_a_report(tmp_path: Path) -> None:
    """A cell per unit, which says its value; and what needs a text is left out with the reason."""
    text, model = tmp_path / "text.txt", tmp_path / "m.npz"
    text.write_text("a line\n" * 20)
    succeeded(rnncli("train", text, "-o", model, "--hidden-size", 24, "--steps", 2, "-q"))
    text.unlink()
    result = rnncli("inspect", model, "--prime", "li", "--html", tmp_path / "prime.html")
    succeeded(result)
    assert "name a text" in result.stderr
    reader = Reader((tmp_path / "prime.html").read_text("utf-8"))
    titles = [attributes["title"] for tag, attributes in reader.tags if tag == "span" and "title" in attributes]
    assert len(titles) == 2 * 24
    assert re.fullmatch(r"1:0: -?[01]\.\d{3}", str(titles[0]))
    assert "Left out" in reader.text
    assert "units: there is no text" in reader.text
    learnt = report().with_name("m.npz")
    refused(rnncli("inspect", learnt, "--prime", "漢", "--html", tmp_path / "prime.html"), "'漢'")


def test_only_a_report_is_overwritten(tmp_path: Path) -> None:
    model = report().with_name("m.npz")
    (tmp_path / "diary.html").write_text("dear diary")
    refused(rnncli("inspect", model, "--html", tmp_path / "diary.html"), "no report")
    assert (tmp_path / "diary.html").read_text() == "dear diary"
    refused(rnncli("inspect", model, "--html", tmp_path), "folder")
    refused(rnncli("inspect", model, "--html", tmp_path / "none" / "x.html"), "does not exist")
    bare = tmp_path / "bare.npz"
    save(bare, Checkpoint(model_of("classify")))
    (tmp_path / "report.html").write_bytes(report().read_bytes())
    succeeded(rnncli("inspect", bare, "--html", tmp_path / "report.html"))
    assert "bare.npz" in (tmp_path / "report.html").read_text("utf-8")
