"""What all tests share: marks that need something of the machine, and how Hypothesis runs."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "pilotwire",
    deadline=None,  # a test says what is right; how long it takes is for the benchmarks
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("pilotwire")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() == 0:
        return
    needs_root = pytest.mark.skip(reason="needs root (network namespaces, raw sockets)")
    for item in items:
        if item.get_closest_marker("root") is not None:
            item.add_marker(needs_root)
