"""What a good answer has to hold beyond its code: one named check per property."""

from collections.abc import Callable
from typing import Any

from bsw.chrgm.messages import iso2
from bsw.chrgm.record import Heard, code_of, same_session
from bsw.os.clock import S
from tools.conformance.judge import require, require_seen
from tools.conformance.station.walk import Walk

DAY = 86_400
Check = Callable[[Walk, Heard], None]


def old_session(walk: Walk, heard: Heard) -> None:
    require(code_of(heard.body) == "OK_OldSessionJoined", code_of(heard.body))
    require(same_session(heard.session_id, walk.paused_id), "not the session that was paused")
    evse_id(walk, heard)


def new_session(walk: Walk, heard: Heard) -> None:
    require(code_of(heard.body) == "OK_NewSessionEstablished", code_of(heard.body))
    require(any(heard.session_id), "session id 0")
    require(not same_session(heard.session_id, walk.paused_id), "the old session id again")
    evse_id(walk, heard)


def evse_id(_walk: Walk, heard: Heard) -> None:
    require(7 <= len(heard.body.evseid) <= 37, f"EVSEID {heard.body.evseid!r}")


def offered_again(walk: Walk, heard: Heard) -> None:
    """The payment option and mode chosen before the pause."""
    body: iso2.ServiceDiscoveryRes = heard.body
    wanted = "Contract" if walk.lab.setup.contract else "ExternalPayment"
    options = [option.value for option in body.payment_option_list.payment_option]
    require(wanted in options, f"payment options {options}")
    modes = body.charge_service.supported_energy_transfer_mode.energy_transfer_mode
    require(walk.lab.setup.mode in {mode.value for mode in modes}, f"modes {modes}")


def each_service(walk: Walk, heard: Heard) -> None:
    """Every service on offer has details, and they are repeatable."""
    require(heard.body.service_parameter_list is not None, "no parameters")
    for number in walk.iso2.services():
        answer = walk.once("ServiceDetail", walk.said(iso2.ServiceDetailReq(service_id=number)))
        require(answer.body.service_id == number, "another service's details")
        require(answer.body.service_parameter_list is not None, f"service {number}: no parameters")


def internet_offered(walk: Walk, _heard: Heard) -> None:
    offered = walk.iso2.heard["ServiceDiscovery"].service_list
    found = [one for one in offered.service if one.service_category.value == "Internet"]
    require([one.service_id for one in found] == [3], "Internet access is not offered as service 3")


def challenge(_walk: Walk, heard: Heard) -> None:
    require(len(heard.body.gen_challenge) == 16, "GenChallenge is not 16 octets")
    require(any(heard.body.gen_challenge), "GenChallenge is all zero")


def finished(_walk: Walk, heard: Heard) -> None:
    require(heard.body.evse_processing.value == "Finished", "not Finished")


def ongoing_before(walk: Walk, _heard: Heard) -> None:
    require(walk.ongoing >= 1, "never answered Ongoing")


def schedules(walk: Walk, heard: Heard) -> None:
    """1 to 3 tuples, ascending from 0 without gaps, at least a day or up to departure."""
    listed = heard.body.sa_schedules
    require(listed is not None, "no SAScheduleList with Finished")
    tuples = listed.sa_schedule_tuple
    numbers = [one.sa_schedule_tuple_id for one in tuples]
    require(1 <= len(tuples) <= 3 and len(set(numbers)) == len(numbers), f"tuples {numbers}")
    for one in tuples:
        _entries(walk, one.p_max_schedule.p_max_schedule_entry)


def _entries(walk: Walk, entries: Any) -> None:  # noqa: ANN401 - PMaxScheduleEntry, several
    starts = [entry.time_interval.start for entry in entries]
    require(starts[0] == 0 and starts == sorted(set(starts)), f"starts {starts}")
    last = entries[-1].time_interval
    until = last.start + (last.duration or 0)
    paused = DAY if walk.paused_at is None else DAY - (walk.lab.now - walk.paused_at) // S - 60
    wanted = min(paused, walk.lab.setup.departure or DAY)
    require(until >= wanted, f"the schedule ends after {until} s")
    require(all(entry.p_max.si() >= 0 for entry in entries), "a negative PMax")
    cap = walk.lab.setup.entries
    require(cap is None or len(entries) <= cap, f"{len(entries)} entries, at most {cap}")


def with_tariff(walk: Walk, heard: Heard) -> None:
    cap = walk.lab.setup.entries
    for one in heard.body.sa_schedules.sa_schedule_tuple:
        require(one.sales_tariff is not None, "no SalesTariff")
        count = len(one.sales_tariff.sales_tariff_entry)
        require(cap is None or count <= cap, f"{count} tariff entries, at most {cap}")


def chosen_again(walk: Walk, heard: Heard) -> None:
    numbers = [one.sa_schedule_tuple_id for one in heard.body.sa_schedules.sa_schedule_tuple]
    require(walk.paused_tuple in numbers, f"tuple {walk.paused_tuple} not among {numbers}")


def no_receipt(_walk: Walk, heard: Heard) -> None:
    require(heard.body.receipt_required is False, "ReceiptRequired is not false")


def receipt(_walk: Walk, heard: Heard) -> None:
    require(heard.body.receipt_required is True, "ReceiptRequired is not true")


def meter(_walk: Walk, heard: Heard) -> None:
    require(heard.body.meter_info is not None, "no MeterInfo")


def reading(walk: Walk, heard: Heard) -> None:
    meter(walk, heard)
    require(heard.body.meter_info.meter_reading is not None, "no MeterReading")


def in_time(walk: Walk, _heard: Heard) -> None:
    """Within the cable check limit."""
    require(walk.lab.now - walk.began_at <= 40 * S, "longer than 40 s")


def leaves_network(walk: Walk, _heard: Heard) -> None:
    """After a good end the station leaves the logical network."""
    walk.settle("SessionStop")
    walk.lab.run(3 * S)
    require_seen(walk.lab, walk.lab.left_network, "the station stays in the network")


CHECKS: dict[str, Check] = {
    "joins the old session": old_session,
    "opens a new session": new_session,
    "offers the earlier choice": offered_again,
    "details of each service": each_service,
    "Internet access offered": internet_offered,
    "GenChallenge of 16 octets": challenge,
    "Finished": finished,
    "Ongoing first": ongoing_before,
    "valid schedules": schedules,
    "with SalesTariff": with_tariff,
    "the chosen tuple again": chosen_again,
    "no receipt demanded": no_receipt,
    "receipt demanded": receipt,
    "MeterInfo": meter,
    "MeterReading": reading,
    "within 40 s": in_time,
    "leaves the network": leaves_network,
}
