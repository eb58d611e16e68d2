"""DIN 70121 at a station: the developers' half of our own cases."""

from dataclasses import replace
from typing import Final

from bsw.chrgm.messages import din
from tools.conformance import judge
from tools.conformance.bench import Setup
from tools.conformance.station.cases import Case, Row, case, describe, start
from tools.conformance.station.handshake import chosen_protocol
from tools.conformance.station.walk import Walk

DIN: Final = Setup(protocol="din")

ROWS: Final[dict[str, Row]] = {
    "PX-SECCD-005": Row(
        "PaymentServiceSelection", "two services", "FAILED_ServiceSelectionInvalid", setup=DIN
    ),
    "PX-SECCD-007": Row(
        "ChargeParameterDiscovery",
        "mode not offered",
        "FAILED_WrongEnergyTransferType",
        setup=DIN,
    ),
    "PX-SECCD-011": Row(
        "CableCheck",
        "early PreChargeReq",
        "FAILED_SequenceError",
        setup=replace(DIN, slow="CableCheck"),
    ),
    "PX-SECCD-013": Row("Start", "unknown tuple", "FAILED_TariffSelectionInvalid", setup=DIN),
    "PX-SECCD-015": Row("Loop", "silence", "", setup=DIN),
    "PX-SECCD-017": Row("WeldingDetection", "several times", setup=DIN),
    "PX-SECCD-019": Row("CableCheck", "foreign session id", "FAILED_UnknownSession", setup=DIN),
}


def _service_offer(setup: Setup) -> None:
    walk = start(setup)
    walk.to("ServiceDiscovery")
    body = walk.do("ServiceDiscovery").body
    options = [option.value for option in body.payment_options.payment_option]
    judge.require(options == ["ExternalPayment"], f"payment options {options}")
    charge = body.charge_service
    kind = charge.energy_transfer_type.value
    judge.require(kind in {"DC_extended", "DC_core"}, f"energy transfer type {kind}")
    judge.require(body.service_list is None, "a list of other services")
    tag = charge.service_tag
    judge.require(tag.service_name is None and tag.service_scope is None, "a name or a scope")


def _one_tuple(setup: Setup) -> None:
    walk = start(setup)
    walk.to("ChargeParameterDiscovery")
    tuples = _finished(walk)
    judge.require(len(tuples) == 1, f"{len(tuples)} tuples")
    entries = tuples[0].p_max_schedule.p_max_schedule_entry
    judge.require(all(0 <= entry.p_max <= 32_767 for entry in entries), "PMax out of range")
    last = entries[-1].time_interval
    judge.require(last.start + (last.duration or 0) == 86_400, "not one day long")


def _finished(walk: Walk) -> tuple[din.SAScheduleTuple, ...]:
    body = walk.do("ChargeParameterDiscovery").body
    judge.require(body.response_code.value == "OK", str(body.response_code))
    judge.require(body.evse_processing.value == "Finished", "not Finished")
    tuples: tuple[din.SAScheduleTuple, ...] = body.sa_schedules.sa_schedule_tuple
    return tuples


def cases() -> list[Case]:
    words = describe(DIN)
    own = [
        Case(
            "PX-SECCD-001", f"{words}; DIN 2.0 ranked before ISO 2.0 -> DIN", chosen_protocol, DIN
        ),
        Case(
            "PX-SECCD-003",
            f"{words}; one charge service, external payment only",
            _service_offer,
            DIN,
        ),
        Case("PX-SECCD-009", f"{words}; one tuple over a day, PMax fits 16 bits", _one_tuple, DIN),
    ]
    rows = [case(identity, row) for identity, row in ROWS.items()]
    return sorted(own + rows, key=lambda one: one.id)
