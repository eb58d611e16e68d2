"""Paused sessions: what the station keeps while the car sleeps.

A record lives until the car unplugs or a new session is set up.  In non-volatile memory it also
outlives the station: a car that wakes after a restart or a power cut finds its session again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.agreement import Payment
from bsw.nvm.service import Block, Nvm
from secc.schedules import Plan, Step

BLOCK: Final = "paused session"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Paused:
    """``schedule`` is the tuple the car had chosen, ``since`` when it was paused, in UNIX time."""

    session_id: bytes
    payment: Payment | None
    mode: str
    schedule: Plan | None
    since: int


class Memory:
    """The one paused session of an outlet; lasts as long as the process."""

    def __init__(self) -> None:
        self.paused: Paused | None = None

    def keep(self, paused: Paused) -> None:
        self.paused = paused

    def take(self, session_id: bytes) -> Paused | None:
        """The session paused under this id, handed out once."""
        paused = self.paused
        self.forget()
        if paused is not None and paused.session_id == session_id:
            return paused
        return None

    def forget(self) -> None:
        """The car has gone."""
        self.paused = None


class KeptMemory(Memory):
    """The same in non-volatile memory.

    A tariff is not kept: its signature was made for the session in which it was sent.
    """

    def __init__(self, nvm: Nvm) -> None:
        super().__init__()
        self._nvm = nvm
        kept = nvm.register(Block(BLOCK, VERSION, {}))
        self.paused = _read(kept) if kept else None

    def keep(self, paused: Paused) -> None:
        super().keep(paused)
        self._nvm.write(BLOCK, _written(paused))
        self._nvm.flush()  # the car sleeps now, and power may go any time

    def forget(self) -> None:
        super().forget()
        if self._nvm.read(BLOCK):
            self._nvm.restore(BLOCK)


def _written(paused: Paused) -> Mapping[str, Any]:
    plan = paused.schedule
    return {
        "session_id": paused.session_id.hex(),
        "payment": None if paused.payment is None else paused.payment.value,
        "mode": paused.mode,
        "since": paused.since,
        "schedule": None
        if plan is None
        else {
            "number": plan.number,
            "until": plan.until,
            "steps": [[step.start, step.power] for step in plan.steps],
        },
    }


def _read(kept: Mapping[str, Any]) -> Paused:
    plan = kept["schedule"]
    return Paused(
        session_id=bytes.fromhex(kept["session_id"]),
        payment=None if kept["payment"] is None else Payment(kept["payment"]),
        mode=kept["mode"],
        since=kept["since"],
        schedule=None
        if plan is None
        else Plan(
            number=plan["number"],
            until=plan["until"],
            steps=tuple(Step(start, power) for start, power in plan["steps"]),
        ),
    )
