"""A station under test in ISO 15118-20: our own cases by their ids, and each place's twins."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from bsw import exi
from bsw.chrgm import protocols, sap
from bsw.chrgm.applications import ISO20_AC, ISO20_DC, Link
from bsw.chrgm.coding.dialect import SCHEMAS
from bsw.chrgm.endings import Ending
from bsw.chrgm.iso20.words import header, number
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.sequence.iso20 import TABLE
from bsw.chrgm.services import energy_by_word
from bsw.os.clock import MS, S
from bsw.v2gtp import SIDE_STREAMS, PayloadType
from secc.api.literals import EnergyTransferMode
from secc.api.state import StationState
from secc.plug.offers import served
from secc.session.profile import CONFORMANCE
from tools.conformance.judge import require
from tools.conformance.newer import requests as ask
from tools.conformance.newer.outside import opened
from tools.conformance.newer.setup import FOREIGN, NewerSetup, application_of
from tools.conformance.newer.tester import NewerVehicle, ScriptedVehicle
from tools.conformance.station.cases import Case

PREFIX: Final = "PX-SECC20-"
SETUP_LIMIT: Final = 18 * S
SEQUENCE_LIMIT: Final = 60 * S
LOOP_LIMIT: Final = 500 * MS
FEW: Final = 3
VALID: Final = {"002", "004", "010", "026"}
"""Rows in which the tester does nothing wrong."""


def coded(answer: Any, code: str) -> None:  # noqa: ANN401 - a message
    told = None if answer is None else answer.response_code.value
    require(told == code, f"answered with {told}, expected {code}")


def over(tester: NewerVehicle, *endings: Ending) -> None:
    """The session has ended so, and nothing flows."""
    tester.ended(*endings)
    tester.run(S)
    tester.still()


def refused(tester: NewerVehicle, answer: object, code: str) -> None:
    coded(answer, code)
    over(tester, Ending.REFUSED)


def _first_servable(_setup: NewerSetup) -> None:
    offer = sap.offer((ISO20_DC, ISO20_AC), Link.TLS13).request
    state = StationState(modes=(EnergyTransferMode.AC_THREE_PHASE,))
    choice = sap.choose(offer, served((ISO20_DC, ISO20_AC), state), Link.TLS13)
    require(choice.application is ISO20_AC, f"chose {choice.application}")


def _joined(setup: NewerSetup) -> None:
    second = _joined_again(setup, "OK_OldSessionJoined")
    coded(second.discover(), "OK")
    wrong = _joined_again(setup, "OK_OldSessionJoined")
    refused_in_order(wrong, wrong.say(ask.authorization_setup()))


def _joined_again(setup: NewerSetup, code: str) -> NewerVehicle:
    first = opened(setup).to("SessionStop")
    coded(first.say(ask.session_stop(ask.WAY.PAUSE)), "OK")
    known, second = first.session, first.again()
    coded(second.say(ask.session_setup()), code)
    require(second.session == known, "another session id")
    return second


def refused_in_order(tester: NewerVehicle, answer: object) -> None:
    coded(answer, "FAILED_SequenceError")
    over(tester, Ending.SEQUENCE_ERROR)


def _foreign_session(setup: NewerSetup) -> None:
    tester = opened(setup).to("ServiceDiscovery")
    tester.session = bytes(7) + b"x"
    coded(tester.say(ask.service_discovery()), "FAILED_UnknownSession")
    over(tester, Ending.UNKNOWN_SESSION)


def _contract_unoffered(setup: NewerSetup) -> None:
    tester = opened(setup).to("Authorization")
    answer = tester.say(ask.by_contract())
    coded(answer, "WARNING_AuthorizationSelectionInvalid")
    require(answer.evse_processing.value == "Finished", "not Finished")
    coded(tester.repeat(ask.authorization), "OK")


def _pending(setup: NewerSetup) -> None:
    tester = opened(setup).to("Authorization")
    answer = tester.say(ask.authorization())
    coded(answer, "OK")
    require(answer.evse_processing.value.startswith("Ongoing"), "not Ongoing")


def _unknown_detail(setup: NewerSetup) -> None:
    tester = opened(setup).to("ServiceDetail")
    refused(tester, tester.say(ask.service_detail(99)), "FAILED_ServiceIDInvalid")


def _no_energy_service(setup: NewerSetup) -> None:
    """By the requirements page: an id never offered is an invalid selection [V2G20-433]."""
    tester = opened(setup).to("ServiceSelection")
    other = 1 if tester.service != 1 else 2
    answer = tester.say(ask.service_selection(other, 1))
    refused(tester, answer, "FAILED_ServiceSelectionInvalid")
    tester = opened(setup).to("ServiceSelection")
    answer = tester.say(ask.service_selection(65, 1))
    refused(tester, answer, "FAILED_NoEnergyTransferServiceSelected")


def _wrong_parameters(both_ways: bool, most: float, setup: NewerSetup) -> None:  # noqa: FBT001 - one of two
    tester = opened(setup).to("ChargeParameterDiscovery")
    answer = tester.say(ask.dc_discovery(both_ways=both_ways, most=most))
    refused(tester, answer, "FAILED_WrongChargeParameter")


def _plain_for_both_ways(setup: NewerSetup) -> None:
    _wrong_parameters(True, 200.0, setup)
    _wrong_parameters(False, 1.0, setup)


def _stuck_contactor(setup: NewerSetup) -> None:
    tester = opened(setup, contactor=False).to("PowerDelivery")
    began = tester.now
    answer = tester.start()
    require(tester.now - began <= 1500 * MS, "told after 1.5 s")
    refused(tester, answer, "FAILED_ContactorError")


def _above_schedule(setup: NewerSetup) -> None:
    tester = opened(setup).to("PowerDelivery")
    refused(tester, tester.start(power=1e6), "FAILED_EVPowerProfileInvalid")
    tester = opened(setup).to("PowerDelivery")
    plan = ask.profile(77, 100.0, ask.UNIX)
    answer = tester.say(ask.delivery(ask.STEP.START, plan))
    refused(tester, answer, "FAILED_ScheduleSelectionInvalid")


def _silent_in_loop(setup: NewerSetup) -> None:
    tester = opened(setup).to("Loop")
    tester.loop()
    tester.silence_ends(LOOP_LIMIT, Ending.SEQUENCE_TIMEOUT)
    tester.still()


def _meter(setup: NewerSetup) -> None:
    tester = opened(setup).to("Loop")
    tester.loop()
    tester.run(200 * MS)
    require(tester.loop().meter_info is None, "a meter reading that nobody asked for")
    require(tester.loop(meter=True).meter_info is not None, "no meter reading")


def _no_other_service(setup: NewerSetup) -> None:
    profile = replace(CONFORMANCE, service_renegotiation=False)
    tester = opened(setup, profile=profile).to("Loop")
    tester.loop()
    answer = tester.say(ask.session_stop(ask.WAY.SERVICE_RENEGOTIATION))
    refused(tester, answer, "FAILED_NoServiceRenegotiationSupported")


def _no_pause(setup: NewerSetup) -> None:
    """Energy is on, or nothing was chosen yet."""
    tester = opened(setup).to("Loop")
    tester.loop()
    _refuses_pause(tester, setup)
    _refuses_pause(opened(setup).to("ServiceDiscovery"), setup)


def _refuses_pause(tester: NewerVehicle, setup: NewerSetup) -> None:
    """A station of somebody else may call it out of order instead, which it is as well."""
    answer = tester.say(ask.session_stop(ask.WAY.PAUSE))
    order = "FAILED_SequenceError"
    told = "" if answer is None else answer.response_code.value
    foreign = setup.bench is not None and told == order
    refused(tester, answer, order if foreign else "FAILED_PauseNotAllowed")


Play = Callable[[NewerSetup], None]
DC: Final = NewerSetup()
PAUSES: Final = NewerSetup(can="pause")
ROWS: Final[dict[str, tuple[str, Play]]] = {
    "002": ("AC only: -20:DC ranked first, -20:AC second -> AC", _first_servable),
    "004": ("paused, same vehicle -> joined at parameter discovery", _joined),
    "006": ("foreign session id -> FAILED_UnknownSession", _foreign_session),
    "008": ("contract where only EIM is offered -> warning, goes on", _contract_unoffered),
    "010": ("EIM pending -> Ongoing", _pending),
    "014": ("detail of an id never offered -> FAILED_ServiceIDInvalid", _unknown_detail),
    "016": ("no energy service selected -> refused by its code", _no_energy_service),
    "018": (
        "parameters of the other direction -> FAILED_WrongChargeParameter",
        _plain_for_both_ways,
    ),
    "020": ("AC contactor stuck open -> FAILED_ContactorError in 1.5 s", _stuck_contactor),
    "022": ("profile above the schedule -> FAILED_EVPowerProfileInvalid", _above_schedule),
    "024": ("silent in the loop -> over after 0.5 s", _silent_in_loop),
    "026": ("MeterInfoRequested -> MeterInfo", _meter),
    "028": ("another service, not supported -> its code", _no_other_service),
    "030": ("pause that is not allowed -> FAILED_PauseNotAllowed", _no_pause),
}

SETUPS: Final = {
    "002": NewerSetup(inside="inside only: it asks the choice itself, without a connection"),
    "004": PAUSES,
    "008": NewerSetup(external_alone=True),
    "010": NewerSetup(condition="slow Authorization"),
    "018": NewerSetup(service="DC"),
    "020": NewerSetup(service="AC", condition="stuck contactor"),
    "026": NewerSetup(can="meter"),
    "028": NewerSetup(condition="no service renegotiation"),
}
"""Of those rows that are not plain DC."""

PLACES: Final = {
    "SessionSetup": "SessionSetup",
    "AuthorizationSetup": "AuthorizationSetup",
    "Authorization": "Authorization",
    "ServiceDiscovery": "ServiceDiscovery",
    "ServiceDetail": "ServiceDetail",
    "ServiceSelection": "ServiceSelection",
    "ChargeParameterDiscovery": "{}_ChargeParameterDiscovery",
    "ScheduleExchange": "ScheduleExchange",
    "CableCheck": "DC_CableCheck",
    "PreCharge": "DC_PreCharge",
    "PowerDelivery": "PowerDelivery",
    "Loop": "{}_ChargeLoop",
    "WeldingDetection": "DC_WeldingDetection",
}
OF_DC_ALONE: Final = {"CableCheck", "PreCharge", "WeldingDetection"}


def places(service: str) -> Iterator[str]:
    ac = energy_by_word("iso20")[service].mode.ac
    for place in PLACES:
        if not (ac and place in OF_DC_ALONE):
            yield place


def carried(service: str) -> list[str]:
    """The exchanges whose messages belong to what was agreed for this service."""
    types = protocols.dialect_of(application_of(service)).payload_types
    row = {PayloadType(one) for one in types} - SIDE_STREAMS
    schemas = {schema for one in row for schema in SCHEMAS[one]}
    known = {kind for schema in schemas for kind in exi.codec(schema).schema.codes}
    return [name for name, one in TABLE.exchanges.items() if one.request in known]


def wrong_request(setup: NewerSetup, place: str, name: str) -> None:
    """A request that is not due is refused by its own response, and the session is over."""
    tester = opened(setup).to(place)
    if name in tester.allowed:
        return
    request: Any = smallest(TABLE.exchanges[name].request, header=header(ask.UNIX))
    answer = tester.say(request)
    response = TABLE.exchanges[name].response
    require(type(answer) is response, f"{name} answered with {type(answer).__name__}")
    refused_in_order(tester, answer)


def every_wrong_request(place: str, setup: NewerSetup) -> None:
    for name in some(carried(setup.service), place, setup):
        wrong_request(setup, place, name)


def some(names: Sequence[str], place: str, setup: NewerSetup) -> list[str]:
    """All of them; where a session takes its time, three, other ones at each place."""
    if setup.bench is None or len(names) <= FEW:
        return list(names)
    first = sum(place.encode()) % len(names)
    return [names[(first + step * len(names) // FEW) % len(names)] for step in range(FEW)]


def silence(place: str, setup: NewerSetup) -> None:
    """60 s, in the loop half a second; then nothing flows any more."""
    tester = opened(setup).to(place)
    if place == "Loop":
        tester.loop()
    if place == "SessionSetup":
        tester.silence_ends(SETUP_LIMIT, Ending.SETUP_TIMEOUT)
    else:
        limit = LOOP_LIMIT if place == "Loop" else SEQUENCE_LIMIT
        tester.silence_ends(limit, Ending.SEQUENCE_TIMEOUT)
    tester.run(S)
    tester.still()


def foreign_id(place: str, setup: NewerSetup) -> None:
    tester = opened(setup).to(place)
    tester.session = bytes(8)
    name = tester.allowed[0]
    answer = tester.say(smallest(TABLE.exchanges[name].request, header=header(ask.UNIX)))
    coded(answer, "FAILED_UnknownSession")
    over(tester, Ending.UNKNOWN_SESSION)


def other_service_early(place: str, setup: NewerSetup) -> None:
    """Nobody comes past the authorization by asking for another service."""
    tester = opened(setup).to(place)
    refused(tester, tester.say(ask.session_stop(ask.WAY.SERVICE_RENEGOTIATION)), SEQUENCE)


def changed_service(setup: NewerSetup) -> None:
    """What was tested and closed for one service is not for the next."""
    tester = opened(setup).to("SessionStop")
    coded(tester.say(ask.session_stop(ask.WAY.SERVICE_RENEGOTIATION)), "OK")
    require(tester.allowed == ("ServiceDiscovery",), f"{tester.allowed} may follow")
    coded(tester.say(ask.service_discovery()), "OK")
    answer = tester.say(ask.service_selection(tester.service, 1))
    refused_in_order(tester, answer)


def unauthorized_start(_setup: NewerSetup) -> None:
    """Whatever the row says, nothing flows that nobody granted."""
    tester = ScriptedVehicle().to("PowerDelivery")
    tester.rig.station.authorized = False
    refused(tester, tester.start(), "FAILED_PowerDeliveryNotApplied")


def other_kind(dynamic: bool, setup: NewerSetup) -> None:  # noqa: FBT001 - one of two
    """The station answers in kind [V2G20-1600], and refuses needs that contradict themselves."""
    tester = opened(setup).to("ScheduleExchange")
    refused(tester, tester.say(ask.schedule(dynamic=True)), "FAILED")
    tester = opened(setup, control="dynamic").to("ScheduleExchange")
    asked = ask.schedule(dynamic=True)
    needs = asked.dynamic_se_req_control_mode
    assert needs is not None
    wrong = (
        needs.replace(minimum_soc=80, target_soc=60)  # [V2G20-1640]
        if dynamic
        else needs.replace(ev_maximum_v2x_energy_request=number(1.0))  # [V2G20-2681]
    )
    answer = tester.say(asked.replace(dynamic_se_req_control_mode=wrong))
    refused(tester, answer, "FAILED")


def pilot_in_b(setup: NewerSetup) -> None:
    """[V2G20-912]: no voltage on a cable whose vehicle is not ready."""
    tester = opened(setup).to("CableCheck")
    refused(tester, tester.say(ask.cable_check()), "FAILED")
    if isinstance(tester, ScriptedVehicle):
        require(tester.rig.electronics.voltage == 0.0, "voltage is on")
    else:
        tester.unseen("whether voltage is on")


SEQUENCE: Final = "FAILED_SequenceError"
EARLY: Final = (
    "AuthorizationSetup",
    "Authorization",
    "ServiceDiscovery",
    "ServiceDetail",
    "ServiceSelection",
)
OWN: Final[dict[str, tuple[str, Play, NewerSetup]]] = {
    **{
        f"{place}-other-service": (
            f"{place}: another service before one was chosen -> refused",
            partial(other_service_early, place),
            DC,
        )
        for place in EARLY
    },
    "changed-service": (
        "another service: detail is asked for anew",
        changed_service,
        NewerSetup(can="services"),
    ),
    "unauthorized": (
        "Start without a grant -> FAILED_PowerDeliveryNotApplied",
        unauthorized_start,
        NewerSetup(inside=FOREIGN),
    ),
    "DC-ScheduleExchange-kind": (
        "ScheduleExchange: the other control mode, a minimum above the target -> FAILED",
        partial(other_kind, True),
        DC,
    ),
    "DC-ScheduleExchange-window": (
        "ScheduleExchange: half a window of V2X energy -> FAILED",
        partial(other_kind, False),
        DC,
    ),
    "pilot-B": ("CableCheck in state B -> FAILED", pilot_in_b, DC),
    "joined-AC": ("AC: paused, same vehicle -> joined", _joined, replace(PAUSES, service="AC")),
}
NEEDS: Final = {"pilot-B": frozenset({"pilot"})}

TWINS: Final = {
    "wrong": ("each request that is not due -> FAILED_SequenceError", every_wrong_request),
    "silence": ("silence -> over in time, without energy", silence),
    "id": ("a session id of zeros -> FAILED_UnknownSession", foreign_id),
}


def cases() -> list[Case]:
    rows = [
        Case(
            f"{PREFIX}{number}",
            f"-20 station; {title}",
            play,
            SETUPS.get(number, DC),
            ("valid",) if number in VALID else (),
        )
        for number, (title, play) in ROWS.items()
    ]
    twins = [
        Case(
            f"TWIN-SECC20-{service}-{place}-{name}",
            f"-20 station, {service}; {place}: {title}",
            partial(play, place),
            NewerSetup(service),
            (place, name),
            kind=f"-20; {title}",
        )
        for service in ("DC", "AC")
        for place in places(service)
        for name, (title, play) in TWINS.items()
        if not (name == "id" and place == "SessionSetup")
    ]
    own = [
        Case(
            f"TWIN-SECC20-{name}",
            f"-20 station; {title}",
            play,
            setup,
            needs=NEEDS.get(name, frozenset()),
        )
        for name, (title, play, setup) in OWN.items()
    ]
    return rows + own + twins
