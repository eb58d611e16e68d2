"""The pytest plug-in: a bench and a test PKI for whoever tests a battery or a charger model.

Installed with Pilotwire, it is there; nothing heavy is loaded before a test asks for a fixture.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pilotwire.bench import Bench
    from pilotwire.pki import TestPki

    MakeBench = Callable[..., Bench]


@pytest.fixture
def bench() -> "MakeBench":
    """Makes a bench: ``bench(battery=mine, target=60).charge()``; see ``pilotwire.Bench``."""
    from pilotwire.bench import Bench  # noqa: PLC0415 - only where it is asked for

    return Bench


@pytest.fixture(scope="session")
def pki() -> "TestPki":
    """A whole ISO 15118-2 test PKI, made once: ``pki["secc"].chain``, ``pki.bad("secc")``."""
    from pilotwire.pki import make  # noqa: PLC0415 - only where it is asked for

    return make("iso2")
