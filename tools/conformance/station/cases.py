"""A case for a station: where, what, and what has to come of it; and how it is played.

A row is data.  ``Row.play`` walks a fresh tester to the place, does the one thing, and raises
``Deviation`` with the reason if the station does something else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from bsw.chrgm.modes import mode_of
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Said, code_of, refused
from bsw.cp.pilot import PilotState
from bsw.os.clock import S
from tools.conformance import judge
from tools.conformance.bench import Deviation, NotReached, Setup
from tools.conformance.lab import opened
from tools.conformance.station import alterations as alter
from tools.conformance.station.checks import CHECKS
from tools.conformance.station.scripted_vehicle import VehicleTester
from tools.conformance.station.walk import Walk, path

FOR_EVER: Final = 60 * S
SAFE_VOLTS: Final = 60.0
WELDING: Final = 3
FALLS_WITHIN: Final = 5 * S
NOISE: Final = 5.0
"""So much what a station measures may tremble, in volts."""
METERED: Final = {"MeterInfo", "MeterReading"}

Play = Callable[[Any], None]
"""Of a set-up of the case's own kind."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a test plan lists.  ``setup`` is what the play takes: how, and where it is played."""

    id: str
    title: str
    how: Play = field(compare=False, repr=False)
    setup: Any = None
    about: tuple[str, ...] = ()
    """Words one can choose by: the place, the stimulus."""
    needs: frozenset[str] = frozenset()
    """``pilot``: resistors that are switched; ``plug``: a plug that is seen to go in."""
    control: str = ""
    """The case that has to pass for a refusal in this one to mean something."""
    kind: str = ""
    """What it has in common with others: where several fail, a reader sees one cause."""

    def play(self) -> None:
        self.how(self.setup)

    def play_at(self, bench: Callable[[object], object]) -> None:
        """The same somewhere else."""
        self.how(replace(self.setup, bench=bench))


@dataclass(frozen=True, slots=True)
class Row:
    """One thing at one place of a session.  ``codes`` are alternatives, joined by ``|``."""

    place: str
    stimulus: str = "valid"
    codes: str = "OK"
    checks: tuple[str, ...] = ()
    setup: Setup = field(default_factory=Setup)

    @property
    def title(self) -> str:
        parts = [f"{self.place}: {self.stimulus}", "->", self.codes.replace("|", " or ")]
        if self.checks:
            parts.append(f"({', '.join(self.checks)})")
        return f"{describe(self.setup)}; {' '.join(parts)}"

    def play(self, setup: Setup | None = None) -> None:
        STIMULI[self.stimulus](reached(self.place, setup or self.setup), self)


def start(setup: Setup) -> Walk:
    """A tester that is connected, after a pause if the set-up says so."""
    lab = opened(setup)
    walk = Walk(lab, VehicleTester(lab))
    walk.begin()
    if setup.resumed:
        walk.whole("Pause")
        walk.begin_again(setup.resumed)
    return walk


def reached(place: str, setup: Setup) -> Walk:
    """What goes wrong on the way says nothing about what the case is about."""
    try:
        walk = start(setup)
        walk.to(place)
    except Deviation as deviation:
        raise NotReached(f"before {place}: {deviation}") from deviation
    return walk


def _kind(setup: Setup) -> str:
    """The way of energy transfer, or the protocol where that knows one only."""
    spoken = protocol(setup.protocol)
    only = len(spoken.transfers) == 1
    return spoken.title.partition(" ")[0] if only else mode_of(setup.mode).kind


def describe(setup: Setup) -> str:
    """The set-up in a few words."""
    switches = ("only_contract", "detail", "internet", "receipts", "tariff", "renegotiated")
    words = (
        _kind(setup),
        "PnC" if setup.contract else "EIM",
        "TLS" if setup.tls else "",
        *(name.replace("_", " ") for name in switches if getattr(setup, name)),
        _said("certificate {}", setup.certificates),
        _said("slow {}", setup.slow),
        _said("resumed by the {}", setup.resumed),
        _said("at most {} entries", setup.entries),
        "" if setup.departure is None else "departure time",
        "" if setup.welding else "no welding detection",
        "" if setup.pilot == "C" else f"pilot {setup.pilot}",
    )
    return ", ".join(word for word in words if word)


def _said(text: str, value: object) -> str:
    return text.format(value) if value else ""


# What the tester does at the place


def good(walk: Walk, row: Row) -> None:
    """The valid request, as often as it takes."""
    walk.prepare(row.place)
    answer = walk.repeat(row.place)
    exchange = walk.words.exchange(row.place)
    codes = row.codes.split("|")
    if row.place == "SessionSetup":
        codes = ["OK_NewSessionEstablished", "OK_OldSessionJoined"]
    judge.answered(walk, answer, exchange, codes)
    for name in row.checks:
        CHECKS[name](walk, answer)


def foreign_session(walk: Walk, row: Row) -> None:
    walk.prepare(row.place)
    other = bytes(octet ^ 0x5A for octet in walk.tester.session_id)
    answer = walk.tester.ask(walk.words.request(row.place), session_id=other)
    judge.answered(walk, answer, walk.words.exchange(row.place), row.codes.split("|"))
    judge.closes(walk)


def silence(walk: Walk, row: Row) -> None:
    walk.prepare(row.place)
    since = walk.tester.heard_at
    limits = walk.lab.limits
    limit = limits.setup if row.place == "SessionSetup" else limits.sequence
    if row.place == "SessionSetup":
        since = walk.lab.listening_since
    judge.silent_end(walk, limit, since, since_plug=row.place == "SessionSetup")


def other_request(name: str, walk: Walk, row: Row) -> None:
    """A request that may not come here, with schema-valid content."""
    walk.prepare(row.place)
    exchange = protocol(walk.lab.setup.protocol).table.exchanges[name]
    answer = walk.tester.ask(Said(smallest(exchange.request)))
    judge.answered(walk, answer, name, row.codes.split("|"))
    judge.closes(walk)


def altered(change: alter.Alteration, walk: Walk, row: Row) -> None:
    walk.prepare(row.place)
    answer = walk.tester.ask(change(walk))
    heard = judge.answered(walk, answer, walk.words.exchange(row.place), row.codes.split("|"))
    if refused(code_of(heard.body)):
        judge.closes(walk)


def pilot_stays(state: PilotState, walk: Walk, row: Row) -> None:
    """The request without the pilot state it asks for."""
    walk.tester.show(state)
    answer = walk.tester.ask(walk.words.request(row.place))
    heard = judge.answered(walk, answer, walk.words.exchange(row.place), row.codes.split("|"))
    if refused(code_of(heard.body)):
        judge.closes(walk)


def with_id(which: str, walk: Walk, row: Row) -> None:
    """SessionSetupReq after a pause with one of three session ids."""
    ids = {
        "zero": bytes(8),
        "stored": walk.paused_id,
        "other": bytes(octet ^ 0x5A for octet in walk.paused_id),
    }
    walk.tester.session_id = ids[which]
    answer = walk.once("SessionSetup")
    for name in row.checks:
        CHECKS[name](walk, answer)
    walk.do("ServiceDiscovery")  # in the session that was answered


def never_finishes(walk: Walk, row: Row) -> None:
    """Ongoing until the station's own limit, then an end."""
    walk.prepare(row.place)
    since = walk.lab.now
    answer = walk.tester.ask(walk.words.request(row.place))
    while answer is not None and not refused(code_of(answer.body)) and walk.tester.is_open:
        processing = answer.body.evse_processing.value
        judge.require(processing.startswith("Ongoing"), f"answered {processing}")
        spent = walk.lab.now - since
        judge.on_time(spent < FOR_EVER + judge.tolerance(FOR_EVER), "still Ongoing after 60 s")
        walk.lab.run(S)
        answer = walk.tester.ask(walk.words.request(row.place))
    judge.closes(walk)


def three_times(walk: Walk, row: Row) -> None:
    """The falling voltage at each WeldingDetection."""
    walk.prepare(row.place)
    least, since, count = 1e9, walk.lab.now, 0
    while count < WELDING or (least >= SAFE_VOLTS and walk.lab.now - since < FALLS_WITHIN):
        answer = walk.once(row.place)
        volts = float(answer.body.evse_present_voltage.si())
        judge.require(volts <= least + NOISE, f"the voltage rises to {volts} V")
        least, count = min(least, volts), count + 1
        walk.lab.run(S // 4)
    judge.require(least < SAFE_VOLTS, f"still {least} V")
    if count > WELDING:
        walk.lab.remarks.append(f"below {SAFE_VOLTS:.0f} V only at the {count}th answer")


def endurance(walk: Walk, _row: Row) -> None:
    """The full session again and again on the same plug."""
    walk.do("SessionStop")
    for _ in range(4):
        walk.tester.leave()
        walk.lab.unplug()
        walk.lab.run(6 * S)
        tester = VehicleTester(walk.lab)
        again = Walk(walk.lab, tester)
        again.begin()
        again.whole()
        walk = again
    if walk.lab.endings is not None:
        good_ones = [ending.good for ending in walk.lab.endings]
        judge.require(good_ones == [True] * 5, f"sessions ended {good_ones}")


def early_precharge(walk: Walk, row: Row) -> None:
    """The next exchange while this one is still Ongoing."""
    walk.prepare(row.place)
    walk.once(row.place)
    answer = walk.tester.ask(walk.words.request("PreCharge"))
    judge.answered(walk, answer, "PreCharge", row.codes.split("|"))
    judge.closes(walk)


Stimulus = Callable[[Walk, Row], None]
CHANGES: Final[dict[str, alter.Alteration]] = {
    "unknown service": alter.unknown_service,
    "two services": alter.two_services,
    "payment option not offered": alter.other_payment,
    "no charge service": alter.no_charge_service,
    "altered after signing": alter.altered_after_signing,
    "signed with a wrong key": alter.wrong_key,
    "not signed": alter.unsigned,
    "wrong GenChallenge": alter.wrong_challenge,
    "changed MeterReading": alter.changed_reading,
    "leaf of another PKI": alter.other_leaf,
    "sub-CA 1 of another PKI": alter.other_sub1,
    "sub-CA 2 of another PKI": alter.other_sub2,
    "another eMAID in the body": alter.other_emaid,
    "wrong eMAID in the certificate": alter.wrong_certificate_emaid,
    "expired certificate": alter.expired,
    "expired sub-CA 1": alter.expired_sub1,
    "expired sub-CA 2": alter.expired_sub2,
    "changed domain component": alter.changed_domain,
    "provisioning certificate of another PKI": alter.other_provisioning,
    "expired provisioning certificate": alter.expired_provisioning,
    "mode not offered": alter.other_mode,
    "parameters of the other current": alter.other_parameters,
    "negative maximum current": alter.negative_current,
    "negative maximum voltage": alter.negative_voltage,
    "profile above PMax": alter.profile_too_high,
    "unknown tuple": alter.unknown_tuple,
}
EV_ERRORS: Final = (
    "FAILED_RESSTemperatureInhibit",
    "FAILED_EVShiftPosition",
    "FAILED_ChargerConnectorLockFault",
    "FAILED_EVRESSMalfunction",
    "FAILED_ChargingCurrentdifferential",
    "FAILED_ChargingVoltageOutOfRange",
    "FAILED_ChargingSystemIncompatibility",
    "NoData",
)
STIMULI: Final[dict[str, Stimulus]] = {
    "valid": good,
    "foreign session id": foreign_session,
    "silence": silence,
    "Ongoing for ever": never_finishes,
    "several times": three_times,
    "endurance": endurance,
    "pilot stays in B": partial(pilot_stays, PilotState.B),
    "pilot stays in C": partial(pilot_stays, PilotState.C),
    "session id zero": partial(with_id, "zero"),
    "stored session id": partial(with_id, "stored"),
    "another session id": partial(with_id, "other"),
    **{name: partial(altered, change) for name, change in CHANGES.items()},
    **{f"stop with {code}": partial(altered, alter.ev_error(code)) for code in EV_ERRORS},
    **{
        f"{name}Req instead": partial(other_request, name)
        for name in protocol("iso2").table.exchanges
    },
    "early Renegotiate": lambda walk, row: altered(
        lambda one: one.words.request("Renegotiate"), walk, row
    ),
    "early PreChargeReq": early_precharge,
}


def case(identity: str, row: Row) -> Case:
    assert row.stimulus in STIMULI, row.stimulus
    assert row.place in {*path(row.setup)}, f"{identity}: {row.place}"
    about = (row.place, row.stimulus)
    kind = "" if row.stimulus == "valid" else f"{row.stimulus} -> {row.codes or 'closed in time'}"
    needs = needs_of(row)
    return Case(identity, row.title, row.play, row.setup, about, needs, kind=kind)


def needs_of(row: Row) -> frozenset[str]:
    """A meter's values are optional where no receipt is demanded."""
    needs = {
        "pilot": row.stimulus.startswith("pilot stays") or row.setup.pilot != "C",
        "plug": (row.place, row.stimulus) == ("SessionSetup", "silence"),
        "meter": not row.setup.receipts and not METERED.isdisjoint(row.checks),
    }
    return frozenset(name for name, wanted in needs.items() if wanted)
