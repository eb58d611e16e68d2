"""Skipping, with the reason, where a foreign package is not here."""

import pytest

from tools.interop.environments import Environment, PeerMissing


def wanted(environment: Environment) -> str:
    """The interpreter that has it."""
    try:
        return environment.use()
    except PeerMissing as missing:
        pytest.skip(str(missing))
