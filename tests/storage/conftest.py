"""A model file to read, to change and to damage."""

from pathlib import Path

import pytest

from rnncli.storage.checkpoint import save
from tests.helpers import a_checkpoint


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole model file."""
    save(tmp_path / "model.npz", a_checkpoint())
    return tmp_path / "model.npz"
