"""A lock that is held is waited for, as long as the caller has patience."""

import threading
import time
from pathlib import Path

import pytest

from rnncli.errors import InputError
from rnncli.storage.lock import exclusive_lock


def test_a_lock_is_taken_when_it_is_free(tmp_path: Path) -> None:
    held, freed = threading.Event(), []

    def hold() -> None:
        with exclusive_lock(tmp_path / "a"):
            held.set()
            time.sleep(0.2)
            freed.append(True)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with exclusive_lock(tmp_path / "a", patience=30):
        assert freed
    thread.join()
    assert not list(tmp_path.iterdir())


def test_patience_ends(tmp_path: Path) -> None:
    with exclusive_lock(tmp_path / "a"):
        began = time.monotonic()
        with pytest.raises(InputError, match="is being written by process"), exclusive_lock(tmp_path / "a", 0.1):
            pass
        assert 0.1 <= time.monotonic() - began < 5
