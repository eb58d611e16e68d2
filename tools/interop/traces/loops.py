"""What is done at a place in the charge loop: the vehicle is full, new parameters are wanted.

The place is read from our own traces while they grow, because the foreign side has no door.
"""

from pathlib import Path
from typing import Final, Protocol

from tools.api.client import Client, Trouble

PARAMETERS: Final = b'"name":"ChargeParameterDiscoveryReq"'
WITHIN: Final = 10.0  # seconds for the station's door


class Typed(Protocol):
    def type(self, line: str) -> None: ...


class Loops:
    """The loop requests in a trace that grows: those before new parameters, and those after."""

    def __init__(self, trace: Path, request: str) -> None:
        self._path = trace
        self._mark = f'"name":"{request}"'.encode()
        self._read = 0
        self.before = 0
        self.after = 0
        self.anew = False

    def read(self) -> None:
        for line in self._fresh():
            if self._mark in line:
                self.before += not self.anew
                self.after += self.anew
            elif self.before and PARAMETERS in line:
                self.anew = True

    def _fresh(self) -> list[bytes]:
        """Whole lines only."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            fresh = file.read()
        whole = fresh.rfind(b"\n") + 1
        self._read += whole
        return fresh[:whole].splitlines()


class Goal:
    """Tells the simulated vehicle that it is full once there were enough loops.

    Where the station asks for new parameters, those count that come after.
    """

    def __init__(self, loops: Loops, enough: int, hardware: Typed, *, anew: bool) -> None:
        self._loops = loops
        self._enough = enough
        self._hardware = hardware
        self._anew = anew
        self._over = False

    def look(self) -> None:
        if self._over:
            return
        self._loops.read()
        seen = self._loops.after + (0 if self._anew else self._loops.before)
        if seen >= self._enough:
            self._over = True
            self._hardware.type("target 0")


class AskAnew:
    """Lets our station ask for new parameters, by its door, after so many loops."""

    def __init__(self, loops: Loops, enough: int, door: Path) -> None:
        self._loops = loops
        self._enough = enough
        self._door = door
        self._asked = False

    def look(self) -> None:
        if self._asked:
            return
        self._loops.read()
        if self._loops.before < self._enough:
            return
        self._asked = True
        try:
            with Client(self._door, WITHIN) as client:
                client.ask(cmd="renegotiate", args={"wanted": True})
        except (Trouble, TimeoutError) as error:
            raise AssertionError(f"the station cannot be asked: {error}") from error
