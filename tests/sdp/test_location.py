"""Who is answered on a wireless link, and what: the vehicle that this station can serve."""

import pytest

from bsw.chrgm.modes import Approach, mode_of
from bsw.dlt import silent
from bsw.net.ports import Endpoint
from bsw.sdp.config import CouplingConfig, VehicleWirelessConfig
from bsw.sdp.messages import (
    NO_EVID,
    Coupling,
    Diagnosis,
    Pairing,
    Security,
    WirelessRequest,
    WirelessResponse,
    parse,
)
from bsw.sdp.server import Answerer, Offer
from evcc.session.discovery import wireless_request
from secc.api.charger import Charger
from secc.api.devices import Association
from secc.api.literals import EnergyTransferMode, SaeJ2847BidiMode
from secc.api.objects import EvseId
from secc.plug.location import Location
from tools.capture.v2g import sdp

SOMEBODY = Endpoint("fe80::2", 40_000, "eth1")
OURS = "DE*PWX*E0001"


def answerer(mode: str, config: CouplingConfig | None = None) -> tuple[Charger, Answerer]:
    charger = Charger((), lambda: 0, silent().logger("test"))
    charger.setup(
        evse_id=EvseId(evse_id=OURS), sae_j2847_mode=SaeJ2847BidiMode.NONE, debug_mode=False
    )
    charger.update_energy_transfer_modes(supported_energy_transfer_modes=[EnergyTransferMode(mode)])
    location = Location(charger, config or CouplingConfig())
    return charger, Answerer("fe80::1", Offer(tls=50_001), location.position)


def asked(**said: object) -> WirelessRequest:
    known: dict[str, object] = {"security": Security.TLS, **said}
    return WirelessRequest(**known)  # type: ignore[arg-type]


def heard(answers: Answerer, request: WirelessRequest) -> WirelessResponse | None:
    datagram = answers.answer(request.octets(), SOMEBODY)
    if datagram is None:
        return None
    message = parse(datagram)
    assert isinstance(message, WirelessResponse)
    return message


def test_the_vehicle_hears_where_it_may_connect() -> None:
    charger, answers = answerer("DC_ACDP")
    request = asked(evid="BUS7", coupling=Coupling.INFRASTRUCTURE_MOUNTED, evseid=OURS)
    answer = heard(answers, request)
    assert answer is not None
    assert (answer.diagnosis, answer.evseid) == (Diagnosis.FINISHED_WITH_EVSEID, OURS)
    assert (answer.port, answer.coupling) == (50_001, Coupling.INFRASTRUCTURE_MOUNTED)
    told = charger.last("vehicle_looks")
    assert (told.evid, told.evse_id, told.coupling) == ("BUS7", OURS, "infrastructure_mounted")


@pytest.mark.parametrize("size", [36, 37])
def test_both_readings_of_the_size_are_answered_in_kind(size: int) -> None:
    _, answers = answerer("DC_ACDP")
    answer = heard(answers, asked(evseid_size=size))
    assert answer is not None
    assert answer.evseid_size == size


@pytest.mark.parametrize(
    ("mode", "request_"),
    [
        ("DC_ACDP", asked(evseid="DE*PWX*E0002")),
        ("DC_ACDP", asked(coupling=Coupling.WPT)),
        ("DC_extended", asked()),
    ],
    ids=["another outlet", "another device", "a plug"],
)
def test_what_is_meant_for_others_is_passed_over(mode: str, request_: WirelessRequest) -> None:
    charger, answers = answerer(mode)
    assert heard(answers, request_) is None
    assert charger.last("vehicle_looks") is None


@pytest.mark.parametrize(
    ("association", "diagnosis", "named"),
    [
        (Association.ONGOING, Diagnosis.ONGOING, ""),
        (Association.UNNAMED, Diagnosis.FINISHED_WITHOUT_EVSEID, ""),
        (Association.FAILED, Diagnosis.ERROR, ""),
        (Association.FOUND, Diagnosis.FINISHED_WITH_EVSEID, OURS),
    ],
)
def test_how_far_the_station_is(association: Association, diagnosis: Diagnosis, named: str) -> None:
    charger, answers = answerer("DC_ACDP")
    charger.update_association(association=association)
    answer = heard(answers, asked())
    assert answer is not None
    assert (answer.diagnosis, answer.evseid) == (diagnosis, named)


def test_the_form_of_the_device_is_configured() -> None:
    _, answers = answerer("DC_ACDP", CouplingConfig(coupling="dome"))
    assert heard(answers, asked(coupling=Coupling.INFRASTRUCTURE_MOUNTED)) is None
    answer = heard(answers, asked(coupling=Coupling.DOME))
    assert answer is not None
    assert answer.coupling is Coupling.DOME


def test_what_the_vehicle_asks_with() -> None:
    config = VehicleWirelessConfig(
        evid="BUS7", evse_id=OURS, evse_id_size=36, pairing=("ppd_vehicle", "acdu_infrared")
    )
    request = wireless_request(mode_of("DC_ACDP"), Security.TLS, config)
    assert request is not None
    assert (request.evid, request.evseid, request.evseid_size) == ("BUS7", OURS, 36)
    assert request.pairing is Pairing.PPD_VEHICLE | Pairing.ACDU_INFRARED
    assert request.coupling is Coupling.INFRASTRUCTURE_MOUNTED
    bare = wireless_request(mode_of("WPT"), Security.NONE, VehicleWirelessConfig())
    assert bare is not None
    assert (bare.evid, bare.coupling, bare.security) == (NO_EVID, Coupling.WPT, Security.NONE)


@pytest.mark.parametrize("asks", [True, False])
def test_a_decoded_capture_names_them(*, asks: bool) -> None:
    _, answers = answerer("DC_ACDP")
    request = asked(evid="BUS7").octets()
    answer = answers.answer(request, SOMEBODY)
    assert answer is not None
    event = sdp(0, "[fe80::2]:40000", "[ff02::1]:15118", request if asks else answer)
    assert event is not None
    assert event.name == ("SDP request, wireless" if asks else "SDP response, wireless")
    assert not event.wrong
    assert event.fields["evid" if asks else "evseid"] == ("BUS7" if asks else OURS)


def test_with_a_plug_nobody_asks_in_the_air() -> None:
    config = VehicleWirelessConfig()
    assert wireless_request(mode_of("DC_BPT"), Security.TLS, config) is None
    off = VehicleWirelessConfig(discovery=False)
    assert wireless_request(mode_of("DC_ACDP"), Security.TLS, off) is None
    assert CouplingConfig().coupled(Approach.PLUG) is Coupling.NOT_APPLICABLE
