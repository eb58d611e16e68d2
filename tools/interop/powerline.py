"""Two hosts in network namespaces with our simulated modems between them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.interop.wire import Program, Wire

V2G = (sys.executable, "-m", "tools.cli")


@dataclass
class PowerLine(Wire):
    """Namespaces: the vehicle's with ``ev0``, the station's with ``se0``, the modems' between."""

    sides: tuple[str, ...] = ("ev", "se", "plc")

    def set_up(self) -> None:
        self.add_namespaces()
        for side in ("ev", "se"):
            self.join((side, f"{side}0"), ("plc", f"{side}1"))

    def modems(self, *options: str) -> Program:
        words = ("slac", "modem", "ev1", "se1", "--vehicle", "ev1", "-v", *options)
        program = self.next("plc", *V2G, *words)
        program.wait_for("READY")
        return program

    def vehicle(self, *options: str) -> Program:
        return self.next("ev", *V2G, "slac", "ev", "-i", "ev0", "-v", *options)

    def station(self, *options: str) -> Program:
        return self.next("se", *V2G, "slac", "evse", "-i", "se0", "-v", *options)

    def next(self, side: str, *command: str) -> Program:
        """With an output of its own."""
        return self.start(side, *command, log=f"{len(self.programs)}-{side}")


@contextmanager
def power_line(folder: Path) -> Iterator[PowerLine]:
    line = PowerLine(folder)
    try:
        line.set_up()
        yield line
    finally:
        line.tear_down()
