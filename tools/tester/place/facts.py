"""What a device's own commands are told of the case that comes: variables of their environment."""

from collections.abc import Mapping
from typing import Any

from bsw.chrgm.protocols import protocol


def facts(case: str, setup: Any) -> dict[str, str]:  # noqa: ANN401 - of either role
    """So that one profile serves a device that has to be set up differently for each case."""
    return {
        "V2G_CASE": case,
        "V2G_PROTOCOL": protocol(setup.protocol).name,
        "V2G_MODE": setup.mode,
        "V2G_SECURITY": "tls" if setup.tls or getattr(setup, "station_tls", None) else "none",
        "V2G_PAYMENT": "Contract" if setup.contract else "ExternalPayment",
        "V2G_CERTIFICATES": setup.certificates,
    }


def setup_of(told: Mapping[str, str]) -> tuple[str, ...]:
    """The same for cases that one running program can serve."""
    return tuple(value for name, value in sorted(told.items()) if name != "V2G_CASE")
