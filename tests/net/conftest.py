"""What the network tests share."""

from collections.abc import Iterator

import pytest

from tests.net.worlds import KINDS, World, world


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest) -> Iterator[World]:
    """The same two networks simulated and on the host, one test each."""
    with world(request.param) as made:
        yield made


@pytest.fixture
def on_host() -> Iterator[World]:
    with world("loopback") as made:
        yield made
