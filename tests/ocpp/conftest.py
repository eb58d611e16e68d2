"""A place for stores, and a second opinion on every message that a test has us send."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ocpp.opinion import watched

MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: a store syncs each commit."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    made = Path(tempfile.mkdtemp(dir=MEMORY))
    yield made
    shutil.rmtree(made)


@pytest.fixture(autouse=True, scope="session")
def second_opinion() -> Iterator[None]:
    """Another validator reads whatever is sent in this folder."""
    with watched():
        yield
