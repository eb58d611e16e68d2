"""The ``secc`` command."""

from typing import TYPE_CHECKING

from bsw.program.cli import Role
from bsw.program.cli import main as role_main

if TYPE_CHECKING:
    from bsw.ecuc.load import Loaded
    from secc.config import SeccConfig


def _model() -> "type[SeccConfig]":
    from secc.config import SeccConfig  # noqa: PLC0415 - ``--help`` and ``doctor`` do without

    return SeccConfig


def _run(loaded: "Loaded[SeccConfig]") -> int:
    from secc.ecu.wiring import run  # noqa: PLC0415 - only a running ECU needs its rooms

    return run(loaded)


ROLE: "Role[SeccConfig]" = Role(
    "secc", "Pilotwire in the station: the supply equipment communication controller.", _model, _run
)


def main(argv: list[str] | None = None) -> int:
    return role_main(ROLE, argv)


if __name__ == "__main__":
    raise SystemExit(main())
