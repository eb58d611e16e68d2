"""Paused sessions: what the station keeps while the car sleeps.

A record is made only for a session whose authorization was finished, and says who paid how.  It
lives until the car unplugs, any session is set up or it is too old.  In non-volatile memory it also
outlives the station: a car that wakes after a restart or a power cut finds its session again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bsw.chrgm.agreement import Payment
from bsw.chrgm.pause import PauseAge
from bsw.nvm.service import Block, Nvm
from secc.session.schedules import Plan, Step

BLOCK: Final = "paused session"
VERSION: Final = 2
Kept = Callable[[], None]
"""Called when a record is where it will be found again."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who speaks, and over what: all of it has to be the same after a pause.

    ``certificate`` is the fingerprint of the vehicle's own certificate, where the protocol has one.
    """

    evccid: bytes
    secure: bool
    protocol: str
    certificate: bytes = b""


@dataclass(frozen=True, slots=True)
class Paused:
    """``schedule`` is the tuple the car had chosen, ``since`` when it was paused, in UNIX time.

    ``emaid`` names the contract that pays, and is empty with external payment.  ``selection`` is
    the energy service of ISO 15118-20 with its parameters.
    """

    session_id: bytes
    visitor: Visitor
    payment: Payment
    mode: str
    schedule: Plan | None
    since: int
    emaid: str = ""
    selection: Mapping[str, Any] | None = None


class Memory:
    """The one paused session of an outlet; lasts as long as the process."""

    def __init__(self) -> None:
        self.paused: Paused | None = None

    def keep(self, paused: Paused, kept: Kept) -> None:
        self.paused = paused
        kept()

    def take(self, session_id: bytes, visitor: Visitor) -> Paused | None:
        """The session paused under this id by this visitor.

        Handed out once; who guesses wrong ends the pause, so that nobody guesses twice.
        """
        paused = self.paused
        self.forget()
        if paused is None or (paused.session_id, paused.visitor) != (session_id, visitor):
            return None
        return paused

    def forget(self) -> None:
        """The car has gone."""
        self.paused = None


class KeptMemory(Memory):
    """The same in non-volatile memory.

    A tariff is not kept: its signature was made for the session in which it was sent.  A record
    that does not say who paid how, as older ones, is not gone on with.
    """

    def __init__(self, nvm: Nvm, age: PauseAge) -> None:
        super().__init__()
        self._nvm = nvm
        self._age = age
        found = nvm.register(Block(BLOCK, VERSION, {}, migrate=lambda _version, _content: {}))
        self.paused = _read(found) if found else None
        self._kept_at = 0 if self.paused is None else int(found.get("kept_at", 0))
        if self.paused is None:
            self.forget()

    def keep(self, paused: Paused, kept: Kept) -> None:
        self.paused = paused
        self._kept_at = self._age.begin()
        self._nvm.write(BLOCK, {**_written(paused), "kept_at": self._kept_at}, kept)
        self._nvm.flush()  # the car sleeps now, and power may go any time

    def take(self, session_id: bytes, visitor: Visitor) -> Paused | None:
        found = super().take(session_id, visitor)
        return None if self._age.over(self._kept_at) else found

    def forget(self) -> None:
        super().forget()
        if self._nvm.read(BLOCK):
            self._nvm.restore(BLOCK)


def _written(paused: Paused) -> Mapping[str, Any]:
    plan, visitor = paused.schedule, paused.visitor
    return {
        "session_id": paused.session_id.hex(),
        "evccid": visitor.evccid.hex(),
        "secure": visitor.secure,
        "protocol": visitor.protocol,
        "certificate": visitor.certificate.hex(),
        "payment": paused.payment.value,
        "emaid": paused.emaid,
        "mode": paused.mode,
        "since": paused.since,
        "selection": None if paused.selection is None else dict(paused.selection),
        "schedule": None
        if plan is None
        else {
            "number": plan.number,
            "until": plan.until,
            "steps": [[step.start, step.power] for step in plan.steps],
        },
    }


def _read(found: Mapping[str, Any]) -> Paused | None:
    """``None`` for what is no whole record: the car gets a new session then."""
    try:
        int(found.get("kept_at", 0))
        return Paused(
            session_id=bytes.fromhex(found["session_id"]),
            visitor=Visitor(
                evccid=bytes.fromhex(found["evccid"]),
                secure=found["secure"] is True,
                protocol=str(found["protocol"]),
                certificate=bytes.fromhex(found["certificate"]),
            ),
            payment=Payment(found["payment"]),
            mode=str(found["mode"]),
            schedule=_plan(found["schedule"]),
            since=int(found["since"]),
            emaid=str(found["emaid"]),
            selection=found.get("selection"),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _plan(found: Mapping[str, Any] | None) -> Plan | None:
    if found is None:
        return None
    steps = tuple(Step(int(start), float(power)) for start, power in found["steps"])
    return Plan(number=int(found["number"]), until=int(found["until"]), steps=steps)
