"""What all tests share: marks that need something of the machine, and how Hypothesis runs.

``make test`` tries the same examples every time, so that red means that something changed.  To
look for new ones: ``HYPOTHESIS_PROFILE=search make test``; what it finds becomes an ``@example``.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    deadline=None,  # a test says what is right; how long it takes is for the benchmarks
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=True,
)
settings.register_profile("search", settings.get_profile("repeatable"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


STATE = tempfile.TemporaryDirectory(prefix="pilotwire-tests-")
os.environ["XDG_STATE_HOME"] = str(Path(STATE.name))
"""Where ECUs keep their memory by default: tests that run side by side share none."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() == 0:
        return
    needs_root = pytest.mark.skip(reason="needs root (network namespaces, raw sockets)")
    for item in items:
        if item.get_closest_marker("root") is not None:
            item.add_marker(needs_root)
