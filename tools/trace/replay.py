"""One side of a recorded session against our own other side, in simulated time.

Where our side says something else than the one that was recorded is the first difference.  Amounts
differ between any two stations and batteries; what counts is which message comes, and its code.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Heard
from bsw.os.clock import MS, S
from bsw.tls.port import TlsProfile
from csm.randomness import SeededRandomness
from evcc.session.profile import FIELD as VEHICLE_FIELD
from secc.api.literals import AuthorizationStatus, CertificateStatus, PaymentOption
from secc.power.simulated import Ratings
from secc.session.profile import FIELD as STATION_FIELD
from tools.bench.world.direct import Rig
from tools.capture.events import Side
from tools.capture.words import values, wire_name
from tools.trace.keyless import Kept, KeylessDesk, KeylessWallet
from tools.trace.recorded import Line, Recorded

_LASTS: Final = 120 * S
_ANSWERS_AFTER: Final = 20 * MS
_LOOPS_FOR: Final = 5 * S
_AUTHORIZED: Final = frozenset({"AuthorizationRes", "ContractAuthenticationRes"})
_VOLTS: Final = 400.0
"""Of a battery whose recording tells none."""

_YEAR: Final = 31_536_000
_CHALLENGE: Final = 16


@dataclass(frozen=True, slots=True)
class Difference:
    """``number`` counts the messages of our side from 1."""

    number: int
    at: int
    recorded: str
    ours: str

    def __str__(self) -> str:
        return (
            f"message {self.number}, at {self.at / S:.3f} s: recorded {self.recorded}; "
            f"ours {self.ours}"
        )


@dataclass(slots=True)
class Outcome:
    """``same`` messages went by before the first difference, if there was one."""

    ours: Side
    same: int = 0
    total: int = 0
    difference: Difference | None = None
    amounts: dict[str, int] = field(default_factory=dict)
    """Names of values that were others, and how often."""


def against_station(recorded: Recorded) -> Outcome:
    """The recorded vehicle asks, at its own times; our station answers."""
    profile = replace(STATION_FIELD, demand_pilot_states=False)
    pairs = list(_exchanges(recorded))
    rig = Rig(
        recorded.protocol,
        secure=recorded.secure,
        mode=recorded.mode,
        station_profile=profile,
        ratings=Ratings(cable_check=_cable_check(pairs), volts_per_second=1e6),
    )
    rig.plug.ready = True
    rig.station.chance = _Known(1, recorded.session_id, _challenge(recorded))
    if recorded.secure and protocol(recorded.protocol).edition is TlsProfile.ISO2:
        rig.station.desk = KeylessDesk(Kept.of(recorded, Side.STATION))
    rig.charger.session_setup(
        payment_options=_payments(recorded),
        supported_certificate_service=recorded.secure,
        central_contract_validation_allowed=False,
    )
    rig.customer_after = None
    _inlet_follows(rig)
    rig.electronics.start()
    rig.lose = lambda side, _heard: side == "station"
    rig.responder.start(0)
    outcome = Outcome(Side.STATION)
    outcome.total = len(pairs)
    for number, (asked, answered) in enumerate(pairs, start=1):
        rig.scheduler.run(max(asked.at, rig.scheduler.now))
        _customer(rig, answered)
        before = len(rig.said)
        rig.responder.received(asked.heard)
        rig.scheduler.run(rig.scheduler.now + _room(rig, pairs, number))
        said = [heard for _, side, heard in rig.said[before:] if side == "station"]
        ours = said[0] if said else None
        if not _compared(outcome, number, answered, ours):
            break
    return outcome


def _customer(rig: Rig, answered: Line) -> None:
    """Who pays says so when he did."""
    if answered.name in _AUTHORIZED and _finished(answered):
        rig.charger.authorization_response(
            authorization_status=AuthorizationStatus.ACCEPTED,
            certificate_status=CertificateStatus.ACCEPTED,
        )


def _finished(line: Line) -> bool:
    return str(getattr(line.heard.body.evse_processing, "value", "")) == "Finished"


def _cable_check(pairs: list[tuple[Line, Line]]) -> int:
    """As long as theirs took: ours is ready for the question that it was ready for, and not for
    the one before.
    """
    checks = [pair for pair in pairs if pair[1].name in {"CableCheckRes", "DC_CableCheckRes"}]
    done = [asked.at for asked, answered in checks if _finished(answered)]
    if not done:
        return 2 * S
    before = [asked.at for asked, _ in checks if asked.at < done[0]]
    return max(((before or done)[-1] + done[0]) // 2 - checks[0][0].at, MS)


def _inlet_follows(rig: Rig) -> None:
    """The battery is theirs: there is a voltage while the station is asked for one."""
    rig.pack.voltage = lambda amps: (  # type: ignore[method-assign]  # of this rig alone
        rig.electronics.target_voltage or None if amps or rig.electronics.current else None
    )


def _room(rig: Rig, pairs: list[tuple[Line, Line]], number: int) -> int:
    """An answer may take as long as it takes until the next request."""
    if number < len(pairs):
        return max(pairs[number][0].at - rig.scheduler.now, MS)
    return 5 * S


def against_vehicle(recorded: Recorded) -> Outcome:
    """Our vehicle asks; each kind of request gets the answers it got, the last again and again."""
    rig = Rig(
        recorded.protocol,
        secure=recorded.secure,
        mode=recorded.mode,
        vehicle_profile=VEHICLE_FIELD,
    )
    rig.pack.ocv = _volts(recorded)
    if recorded.secure and protocol(recorded.protocol).edition is TlsProfile.ISO2:
        rig.car.wallet = KeylessWallet(Kept.of(recorded, Side.VEHICLE), rig.today.unix() + _YEAR)
    rig.state.max_voltage = rig.pack.ocv * 1.1
    answers: dict[str, list[Heard]] = {}
    for asked, answered in _exchanges(recorded):
        answers.setdefault(type(asked.heard.body).__name__, []).append(answered.heard)
    ran_out: list[str] = []

    def answer(side: str, heard: Heard) -> bool:
        if side == "vehicle":
            left = answers.get(type(heard.body).__name__)
            if left is None:
                ran_out.append(wire_name(type(heard.body).__name__))
            else:
                one = left.pop(0) if len(left) > 1 else left[0]
                rig.scheduler.after(
                    _ANSWERS_AFTER, lambda: rig.vehicle.received(one), name="answer"
                )
        return True

    _felt(rig)
    rig.lose = answer
    rig.at(_LOOPS_FOR, lambda: setattr(rig.state, "charging_complete", True))
    rig.vehicle.start(0)
    rig.scheduler.run(_LASTS)
    return _order(recorded, rig)


def _felt(rig: Rig) -> None:
    """Inlet and battery have what the recorded station tells."""

    def feel() -> None:
        rig.state.battery_voltage = rig.pack.ocv
        closed = rig.state.contactors_closed
        rig.state.inlet_voltage = rig.pack.ocv if closed else rig.view.present_voltage or 0.0
        flows = rig.view.phase in {"CurrentDemand", "DC_ChargeLoop"}
        rig.state.battery_current = rig.view.present_current if flows else 0.0

    rig.scheduler.every(10 * MS, feel, name="feel")


def _order(recorded: Recorded, rig: Rig) -> Outcome:
    """Repeats are a matter of time; compared is in which order kinds of requests come."""
    wanted = _kinds(line.heard for line in recorded.of(Side.VEHICLE))
    asked = [(at, heard) for at, side, heard in rig.said if side == "vehicle"]
    times = {type(heard.body).__name__: at for at, heard in reversed(asked)}
    ours = _kinds(heard for _, heard in asked)
    outcome = Outcome(Side.VEHICLE, total=len(wanted))
    for number, name in enumerate(wanted, start=1):
        said = ours[number - 1] if number <= len(ours) else ""
        if said != name:
            told = wire_name(said) if said else f"nothing more ({_why(rig)})"
            at = times.get(said, rig.scheduler.now)
            outcome.difference = Difference(number, at, wire_name(name), told)
            return outcome
        outcome.same += 1
    return outcome


def _why(rig: Rig) -> str:
    result = rig.results.get("vehicle")
    if result is None:
        return "it waits"
    return " ".join(part for part in (result.ending.name, result.exchange, result.detail) if part)


def _kinds(said: Any) -> list[str]:  # noqa: ANN401 - messages as they come
    return list(dict.fromkeys(type(heard.body).__name__ for heard in said))


def _compared(outcome: Outcome, number: int, recorded: Line, ours: Heard | None) -> bool:
    was, is_now = _shown(recorded.heard), "no answer" if ours is None else _shown(ours)
    if was != is_now or ours is None:
        outcome.difference = Difference(number, recorded.at, was, is_now)
        return False
    told = {value.path: value.value for value in values(ours.body)}
    for value in values(recorded.heard.body):
        if told.get(value.path) != value.value:
            name = value.path.rpartition("/")[2]
            outcome.amounts[name] = outcome.amounts.get(name, 0) + 1
    outcome.same += 1
    return True


def _shown(heard: Heard) -> str:
    """Name, code, and whether it goes on."""
    body = heard.body
    parts = [wire_name(type(body).__name__)]
    code = str(getattr(getattr(body, "response_code", ""), "value", ""))
    return " ".join([*parts, "refused" if code.upper().startswith("FAILED") else code]).strip()


def _exchanges(recorded: Recorded) -> Iterator[tuple[Line, Line]]:
    asked: Line | None = None
    for line in recorded.lines:
        if line.side is Side.VEHICLE:
            asked = line
        elif asked is not None:
            yield asked, line
            asked = None


def _payments(recorded: Recorded) -> list[PaymentOption]:
    """As the recorded station offered them; without TLS there is no contract."""
    found = [PaymentOption.EXTERNAL]
    return [*found, PaymentOption.CONTRACT] if recorded.secure else found


def _challenge(recorded: Recorded) -> bytes:
    given = (getattr(line.heard.body, "gen_challenge", None) for line in recorded.of(Side.STATION))
    return next((bytes(one) for one in given if one), bytes(_CHALLENGE))


def _volts(recorded: Recorded) -> float:
    """The battery's, by what it asked for at pre-charge."""
    for line in recorded.of(Side.VEHICLE):
        if line.name.removeprefix("DC_") == "PreChargeReq":
            for value in values(line.heard.body):
                if value.path == "EVTargetVoltage":
                    return float(value.value)
    return _VOLTS


class _Known(SeededRandomness):
    """Gives the session the id, and the contract the challenge, that they had."""

    def __init__(self, seed: int, session_id: bytes, challenge: bytes) -> None:
        super().__init__(seed)
        self._session_id, self._given = session_id, challenge

    def octets(self, count: int) -> bytes:
        if count == len(self._session_id):
            return self._session_id
        return self._given if count == _CHALLENGE else super().octets(count)
