"""One browser for all pages."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.terminal.browsing import start_browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    found = start_browser(tmp_path_factory.mktemp("browser"))
    yield found
    found.quit()
