"""The ``evcc`` command."""

from typing import TYPE_CHECKING

from bsw.program.cli import Role
from bsw.program.cli import main as role_main

if TYPE_CHECKING:
    from bsw.ecuc.load import Loaded
    from evcc.config import EvccConfig


def _model() -> "type[EvccConfig]":
    from evcc.config import EvccConfig  # noqa: PLC0415 - ``--help`` and ``doctor`` do without

    return EvccConfig


def _run(loaded: "Loaded[EvccConfig]") -> int:
    from evcc.ecu.wiring import run  # noqa: PLC0415 - only a running ECU needs its rooms

    return run(loaded)


ROLE: "Role[EvccConfig]" = Role(
    "evcc", "Pilotwire in the vehicle: the EV communication controller.", _model, _run
)


def main(argv: list[str] | None = None) -> int:
    return role_main(ROLE, argv)


if __name__ == "__main__":
    raise SystemExit(main())
