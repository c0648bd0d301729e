"""A report in a real browser, without a screen: it asks nobody for anything, and what its script adds works."""

import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnncli.storage.checkpoint import Checkpoint, save
from tests.cli.running import rnncli, succeeded
from tests.terminal.browsing import start_browser
from tests.terminal.pages import model_of
from tests.terminal.reports import report


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The report, open in a browser that notes what it does."""
    found = start_browser(tmp_path_factory.mktemp("browser"))
    found.get(report().as_uri())
    yield found
    found.quit()


def test_no_error_and_no_request(browser: Any) -> None:
    assert browser.get_log("browser") == []
    noted = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [note["params"] for note in noted if note["method"] == "Network.requestWillBeSent"]
    page = report().as_uri()  # the browser's own first page asks for things, too
    assert [of["request"]["url"] for of in asked if of["documentURL"] == page] == [page]
    assert browser.title.endswith("a look inside")  # and not what the text in it would have set


def test_a_unit_is_chosen_from_the_list(browser: Any) -> None:
    from selenium.webdriver.support.ui import Select

    choice = Select(browser.find_element("id", "unit-choice"))
    names = [option.text for option in choice.options]
    assert len(names) == 10
    for name in (names[3], names[0]):
        choice.select_by_visible_text(name)
        shown = [d for d in browser.find_elements("css selector", "#units-list details") if d.is_displayed()]
        assert len(shown) == 1
        assert f"What does unit {name.split(' · ')[0]} do?" in shown[0].text


def test_pointing_at_a_character_colours_those_before_it(browser: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    letters = browser.find_elements("css selector", "#hover span")
    target = next(n for n in range(40, 200) if letters[n].text.strip())
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", letters[target])
    ActionChains(browser).move_to_element(letters[target]).perform()
    classes = [letter.get_attribute("class") for letter in letters]
    assert any(classes[:target])
    assert not any(classes[target:])
    (strongest, *_) = [name for name in classes if name in ("p10", "n10")]  # it has the full colour
    assert letters[classes.index(strongest)].value_of_css_property("background-color") != "rgba(0, 0, 0, 0)"


def test_a_table_is_there_to_download(browser: Any) -> None:
    link = browser.find_element("css selector", "#units a[download]")
    kind, _, data = link.get_attribute("href").partition(",")
    assert kind.startswith("data:text/csv")
    assert urllib.parse.unquote(data).startswith("feature,unit,")


def test_the_network_reads_along_as_one_types(browser: Any) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    area = browser.find_element("css selector", "#editor textarea")
    area.clear()
    area.send_keys("line 12 (o")
    wait = WebDriverWait(browser, 10)
    wait.until(lambda _: browser.find_element("id", "surprise").text.startswith("o "))
    before = browser.find_element("id", "next").text
    assert before.count("%") == 10
    area.send_keys("f")
    wait.until(lambda _: browser.find_element("id", "surprise").text.startswith("f "))
    assert browser.find_element("id", "next").text != before
    assert browser.find_element("css selector", "#state canvas").size["height"] > 10


def test_a_network_without_a_text_lives_too(tmp_path: Path, browser: Any) -> None:
    """A model of pairs, of which a report has little else."""
    from selenium.webdriver.support.ui import WebDriverWait

    save(tmp_path / "m.npz", Checkpoint(model_of("classify")))
    succeeded(rnncli("inspect", tmp_path / "m.npz", "--html", tmp_path / "report.html"))
    browser.get((tmp_path / "report.html").as_uri())
    browser.find_element("css selector", "#input").send_keys("abcd")
    WebDriverWait(browser, 10).until(lambda _: len(browser.find_elements("css selector", "#answer li")) == 3)
    assert browser.get_log("browser") == []
    browser.get(report().as_uri())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(scheme: str, browser: Any, tmp_path: Path) -> None:
    wanted = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})
    body = browser.find_element("css selector", "body")
    colours = [body.value_of_css_property(name) for name in ("background-color", "color")]
    brightness = [sum(int(part) for part in colour[5:].split(",")[:3]) for colour in colours]
    assert (brightness[0] > brightness[1]) == (scheme == "light")
    assert abs(brightness[0] - brightness[1]) > 300


def test_nothing_sticks_out_on_a_telephone(browser: Any) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    )
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
