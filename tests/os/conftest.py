"""What the tests of the scheduler share."""

from collections.abc import Iterator

import pytest

from tests.os.worlds import CLOCKS, World, world


@pytest.fixture(params=CLOCKS)
def both(request: pytest.FixtureRequest) -> Iterator[World]:
    """The same scheduler on virtual and on host time, one test each."""
    with world(request.param) as made:
        yield made


@pytest.fixture
def virtual() -> Iterator[World]:
    with world("virtual") as made:
        yield made


@pytest.fixture
def host() -> Iterator[World]:
    with world("host") as made:
        yield made
