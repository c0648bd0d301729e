"""One browser for all pages."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.terminal.browsing import start_browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser that asks for no motion, so that whatever a page does is done when one looks at it."""
    found = start_browser(tmp_path_factory.mktemp("browser"))
    calm = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    found.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": calm})
    yield found
    found.quit()
