"""What tests of views begin with."""

from pathlib import Path

import pytest

from engine.runs import Store
from ui import examinations, server


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of the pages, of which no examination is under way."""
    monkeypatch.setenv("TANDEM_STORE", str(tmp_path))
    server.store.cache_clear()
    examinations._under_way.clear()
    return server.store()
