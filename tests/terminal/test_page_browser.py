"""A page in a real browser, without a screen: what one types moves it, and an alphabet stays text."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.models.labelled_language_model import LabelledLanguageModel
from rnncli.models.language_model import NextCharacterModel
from tests.terminal.pages import HOSTILE, write_page


def settle(browser: Any) -> None:
    """Wait for what the page draws in its next frames."""
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")


def type_in(browser: Any, text: str) -> Any:
    """Empty the editor and type; returns it."""
    area = browser.find_element("css selector", "#editor textarea")
    area.clear()
    area.send_keys(text)
    settle(browser)
    return area


def test_typing_shows_what_comes_next_and_the_caret_travels(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    path, model = write_page(tmp_path, "rnn")
    browser.get(path.as_uri())
    area = type_in(browser, "abcd")
    assert isinstance(model, NextCharacterModel)

    def expected(text: str) -> list[str]:
        logits = model.logits(model.vocabulary.encode(text).astype(int)[:, None], model.zero_state())[0][-1, 0]
        return [{"\n": "↵", " ": "␣"}.get(c, c) for c in (model.vocabulary.symbols[i] for i in np.argsort(-logits))]

    def shown() -> list[str]:
        return [name.text for name in browser.find_elements("css selector", "#next .name")]

    assert shown() == expected("abcd")
    area.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    settle(browser)
    assert shown() == expected("ab")
    assert expected("ab") != expected("abcd")
    assert [e.text for e in browser.find_elements("css selector", "#unrolled .read")] == ["a", "b"]
    browser.find_element("css selector", "#next li:nth-child(2) button").click()  # it types that character
    settle(browser)
    assert len(area.get_property("value")) == 5


def test_surprise_is_the_loss_of_each_character(browser: Any, tmp_path: Path) -> None:
    path, model = write_page(tmp_path, "gru")
    browser.get(path.as_uri())
    area = type_in(browser, "abxde")  # x is the unknown symbol
    area.send_keys("\b\b\b", "bca")  # what is read again must not differ
    settle(browser)
    assert isinstance(model, NextCharacterModel)
    ids = model.vocabulary.encode("abbca").astype(int)[:, None]
    nats = model.losses_of(model.forward(ids[:-1], model.zero_state()), ids[1:])[0][:, 0]
    bits = browser.execute_script("return page.reader.entries.map(entry => entry.bits)")
    assert bits[0] is None
    np.testing.assert_allclose(bits[1:], nats / np.log(2), atol=1e-4)


def test_an_input_method_is_waited_for(browser: Any, tmp_path: Path) -> None:
    """A syllable that is being composed is read when it is whole, and in the normal form of the model."""
    browser.get(write_page(tmp_path, "rnn")[0].as_uri())
    area = type_in(browser, "ab")
    compose = """
    const [area, event, text] = arguments;
    if (text) { area.value = text; area.setSelectionRange(text.length, text.length); }
    area.dispatchEvent(event === "input" ? new Event(event) : new CompositionEvent(event));
    """
    for event, text in (("compositionstart", ""), ("input", "abe"), ("input", "abe\u0301")):
        browser.execute_script(compose, area, event, text)
    settle(browser)
    assert browser.execute_script("return page.reader.entries.length") == 2
    assert area.get_property("value") == "abe\u0301"
    browser.execute_script(compose, area, "compositionend", "")
    settle(browser)
    assert area.get_property("value") == "abé"
    assert browser.execute_script("return page.reader.entries.map(entry => entry.ids.length)") == [1, 1, 1]


def test_a_text_is_read_again_for_another_label(browser: Any, tmp_path: Path) -> None:
    path, model = write_page(tmp_path, "labelled")
    browser.get(path.as_uri())
    type_in(browser, "ab")
    assert isinstance(model, LabelledLanguageModel)
    choose = "$('label').selectedIndex = arguments[0]; $('label').dispatchEvent(new Event('change'))"
    ids = np.array([model.eos, *model.vocabulary.encode("ab")])[:, None]
    for label in (2, 1):
        browser.execute_script(choose, label)
        settle(browser)
        nats = model.losses_of(model.forward(ids[:-1], model.first_state(np.array([label]))), ids[1:])[0][:, 0]
        bits = browser.execute_script("return page.reader.entries.map(entry => entry.bits)")
        np.testing.assert_allclose(bits, nats / np.log(2), atol=1e-4)


def test_it_asks_nobody_for_anything(browser: Any, tmp_path: Path) -> None:
    page = write_page(tmp_path, "gru")[0].as_uri()
    browser.get(page)
    type_in(browser, "abc")
    noted = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [note["params"] for note in noted if note["method"] == "Network.requestWillBeSent"]
    assert [of["request"]["url"] for of in asked if of["documentURL"] == page] == [page]


def test_bytes_are_read_and_shown_one_by_one(browser: Any, tmp_path: Path) -> None:
    browser.get(write_page(tmp_path, "bytes")[0].as_uri())
    type_in(browser, "aé")
    assert browser.execute_script("return page.reader.entries.map(entry => entry.ids)") == [[0x61], [0xC3, 0xA9]]
    decoded = "const text = page.model.vocabulary.decoder(); return [0xc3, 0xa9, 0x62, 0xff, 0x63].map(text).join('')"
    assert browser.execute_script(decoded) == "éb\ufffdc"
    assert browser.execute_script("return ['a', '\\n', '\\xe9'].map(symbol => visible(symbol))") == ["a", "↵", "\\xe9"]


def test_a_unit_is_chosen_by_keys_and_held_everywhere(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.get(write_page(tmp_path, "lstm")[0].as_uri())
    type_in(browser, "abcd")
    grid = browser.find_elements("css selector", "#state canvas")[2]  # layer 2, hidden
    grid.send_keys(Keys.ARROW_RIGHT)  # from no unit of this layer to the first
    grid.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    settle(browser)
    assert browser.find_element("id", "unit-title").text == "Unit 2:2"
    free = browser.find_element("id", "free").text
    browser.find_element("id", "hold-button").send_keys(Keys.ENTER)
    slider = browser.find_element("id", "hold")
    slider.send_keys(Keys.ARROW_LEFT)
    settle(browser)
    held = "return page.reader.entries.every(entry => Math.abs(entry.hidden[1][2] - 0.95) < 1e-6)"
    assert browser.execute_script(held)
    assert "held at 0.95" in browser.find_element("id", "held-note").text
    assert browser.find_element("id", "free").text == free
    assert browser.find_element("id", "held").text != free
    assert browser.find_element("id", "written").text.startswith(browser.find_element("id", "held").text)
    browser.find_element("id", "release").send_keys(Keys.ENTER)
    settle(browser)
    assert not browser.execute_script(held)
    assert not browser.find_element("id", "held-bar").is_displayed()


def test_every_number_of_a_step_is_there(browser: Any, tmp_path: Path) -> None:
    path, model = write_page(tmp_path, "labelled")
    browser.get(path.as_uri())
    type_in(browser, "ab")
    browser.find_element("css selector", "#numbers summary").click()
    settle(browser)
    tables = browser.find_elements("css selector", "#tables table")
    assert len(tables) == 3  # two layers, and what comes next
    assert "unit 1 input forget output candidate cell hidden" in tables[0].text.replace("\n", " ")
    assert isinstance(model, LabelledLanguageModel)
    ids = np.array([model.eos, *model.vocabulary.encode("ab")])[:, None]
    forward = model.forward(ids, model.first_state(np.array([0])))
    row = [forward.activation(f"l1.{name}")[-1, 0, 3] for name in ("input", "forget", "output", "candidate", "cell")]
    cells = tables[0].find_elements("css selector", "tbody tr:nth-child(4) td")
    np.testing.assert_allclose([float(cell.text) for cell in cells[1:6]], row, atol=1e-4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("case", ["lstm", "tag", "bytes"])
def test_nothing_sticks_out_on_a_phone_and_words_can_be_read(
    case: str, scheme: str, browser: Any, tmp_path: Path
) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    phone = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(write_page(tmp_path, case)[0].as_uri())
    settle(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    colours = browser.execute_script("""
    const rgb = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
    return ["body", ".note", ".lead"].map(name => {
      const found = [...document.querySelectorAll(name)].find(element => element.checkVisibility());
      return [rgb(getComputedStyle(found).color), rgb(getComputedStyle(document.body).backgroundColor)];
    });
    """)
    for ink, paper in colours:
        assert contrast(ink, paper) >= 4.5
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert browser.get_log("browser") == []


def contrast(one: list[float], other: list[float]) -> float:
    """The contrast ratio of WCAG 2 between two colours, 1 to 21."""
    light = [0.0, 0.0]
    for n, colour in enumerate((one, other)):
        linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        light[n] = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05
    return max(light) / min(light)


def test_a_hostile_alphabet_stays_text(browser: Any, tmp_path: Path) -> None:
    path, _ = write_page(tmp_path, "hostile")
    browser.get(path.as_uri())
    title = browser.title
    assert browser.execute_script("return page.model.vocabulary.symbols.map(s => s.codePointAt(0))") == [
        ord(character) for character in HOSTILE.characters
    ]
    script = """
    const text = arguments[0];
    page.editor.text = text;
    $("prime").value = text;
    page.editor.area.dispatchEvent(new Event("input"));
    const done = arguments[1];
    const isRead = () => page.reader.entries.every(entry => entry.ids.length);
    requestAnimationFrame(() => requestAnimationFrame(() => done(isRead())));
    """
    hostile = '</script><img src=x onerror="alert(1)">\x00\x1b \u2028\u202ee\u0301😀'
    known = "".join(character for character in hostile if character in HOSTILE.characters)
    assert browser.execute_async_script(script, known) is True
    assert "</script><img " in browser.execute_script("return $('unit-text').textContent")
    assert browser.execute_script("return document.images.length + document.scripts.length") == 3
    assert browser.title == title
    assert browser.get_log("browser") == []
