"""What the station tester does to a vehicle in each case, and what it expects of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final

from bsw.chrgm.endings import Ending
from bsw.chrgm.later import Later
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.sap import (
    ResponseCode,
    SupportedAppProtocolReq,
    SupportedAppProtocolRes,
)
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Said
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.chrgm.signature import sign
from bsw.chrgm.signature.iso2 import SCHEME, signed_elements
from bsw.os.clock import MS, S
from bsw.sdp.messages import Response
from evcc.session.memory import PausedSession
from evcc.session.profile import CONFORMANCE
from tools.conformance.bench import AC, Deviation, NotFromHere
from tools.conformance.judge import came_to, on_time, require, require_seen
from tools.conformance.lab import tariff
from tools.conformance.vehicle import judge
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.lab import opened
from tools.conformance.vehicle.negotiation import agreed, entry_of
from tools.conformance.vehicle.scripted_station import StationTester
from tools.conformance.vehicle.words import SESSION, schedule

DC_CAR: Final = VehicleSetup()
AC_CAR: Final = VehicleSetup(mode=AC)
CONTRACT: Final = VehicleSetup(tls=True, contract=True)
DIN_CAR: Final = VehicleSetup(protocol="din")
UNUSUAL: Final = 17
STORED: Final = bytes.fromhex("a1a2a3a4a5a6a7a8")

Play = Callable[[VehicleSetup], None]
Codes = iso2.ResponseCode


# Discovery and connection


def nobody_answers(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.discovery = lambda _response: []
    tester.plug_in()
    began = tester.lab.now
    judge.ends(tester, Ending.NO_STATION, Ending.SETUP_TIMEOUT, within=25 * S)
    times = [at for at, _ in tester.searches]
    require(2 <= len(times) <= 50, f"{len(times)} requests")
    gaps = [later - sooner for sooner, later in pairwise(times)]
    jitter = 20 * MS if tester.lab.inside is None else 0  # so late a bench may be
    on_time(min(gaps) >= 250 * MS - jitter, f"{min(gaps) / MS} ms between two requests")
    require(times[-1] - began <= 20 * S, "requests after the set-up time")


def bad_answer_first(change: Callable[[bytes], bytes], setup: VehicleSetup) -> None:
    """A bad SDP response, and a good one to the next request."""
    tester = judge.begin(setup)

    def answers(response: Response) -> list[bytes]:
        octets = response.octets()
        return [change(octets) if len(tester.searches) == 1 else octets]

    tester.discovery = answers
    tester.plug_in()
    try:
        tester.await_request("SessionSetup", 10 * S)
    except Deviation:
        comes(setup)
        raise
    count = len(tester.searches)
    enough = count == 2 if tester.lab.inside is not None else count >= 2  # some ask more often
    require(enough, f"{count} requests")
    judge.finish(tester)


def comes(setup: VehicleSetup) -> None:
    """A vehicle that does not come to a good station either has nothing to be judged by."""
    tester = judge.begin(setup)
    tester.plug_in()
    judge.reach(tester, "SessionSetup")


def port_closed(setup: VehicleSetup) -> None:
    tester = StationTester(opened(setup))
    tester.open(listening=False)
    tester.plug_in()
    judge.ends(tester, Ending.NO_CONNECTION, within=20 * S)


def expired_station(setup: VehicleSetup) -> None:
    tester = StationTester(opened(setup))
    crypto = tester.lab.crypto
    assert crypto is not None
    pki = crypto.pki
    recipe = pki.recipe("secc")
    past = replace(
        recipe, valid_from=pki.at - timedelta(days=30), valid_until=pki.at - timedelta(days=2)
    )
    pki.entities["secc"] = pki.issue("secc", past, "cpo_sub2", pki["secc"].key)
    tester.open()
    tester.plug_in()
    judge.ends(tester, Ending.TLS_FAILED, within=20 * S)
    came_to(tester.connections, "the vehicle did not connect")
    require(not tester.asked, "a V2G message")


# The handshake


def never_offered(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    code = ResponseCode.OK_SUCCESSFUL_NEGOTIATION

    def answer(request: SupportedAppProtocolReq) -> SupportedAppProtocolRes:
        entry_of(request, setup.protocol)
        known = {entry.schema_id for entry in request.app_protocol}
        other = next(one for one in range(77, 256) if one not in known)
        return SupportedAppProtocolRes(response_code=code, schema_id=other)

    tester.handshake = answer
    tester.plug_in()
    judge.ends(tester, within=20 * S)
    came_to(tester.offers, "the vehicle offered no protocol")
    require(not tester.asked, "a V2G message")


def minor_deviation(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    code = ResponseCode.OK_SUCCESSFUL_NEGOTIATION_WITH_MINOR_DEVIATION
    tester.handshake = lambda request: agreed(request, setup.protocol, code)
    judge.charging(tester)
    judge.finish(tester)


# The session id


def session_ids(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    judge.charging(tester)
    ids = [heard.session_id for _, heard in tester.asked]
    require(not any(ids[0]), f"SessionSetupReq with id {ids[0].hex()}")
    require(set(ids[1:]) == {SESSION}, "a later request without the id")
    judge.finish(tester)


def new_after_pause(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    inside = tester.lab.inside
    if inside is None:
        raise NotFromHere("a paused session cannot be put into the memory of this vehicle")
    memory = inside.rig.vehicle_memory
    memory.keep(PausedSession(setup.protocol, STORED, setup.payment.value, 0))
    judge.charging(tester)
    ids = [heard.session_id for _, heard in tester.asked]
    require(ids[0] == STORED, f"SessionSetupReq with id {ids[0].hex()}")
    require(set(ids[1:]) == {SESSION}, "a later request without the new id")
    require(memory.load() is None, "the old session is still stored")
    judge.finish(tester)


def id_zero(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.session_id = bytes(8)
    tester.plug_in()
    judge.ends(tester, Ending.UNKNOWN_SESSION)
    came_to(tester.asked, "SessionSetup was never asked for")
    judge.gave_up(tester, 1)


# Answers that are not there, or not good


def withheld(name: str, limit: int, setup: VehicleSetup, *, after: int = 0) -> None:
    tester = judge.begin(setup)
    tester.on(name, None, after=after)
    tester.plug_in()
    judge.reach(tester, name, after + 1)
    judge.ends_after(tester, name, limit, Ending.ANSWER_TIMEOUT)
    inside = tester.lab.inside
    if inside is not None and inside.pack.closings:
        low = abs(inside.pack.opened_at_current) <= judge.LOW_CURRENT
        require(low, f"contactors opened at {inside.pack.opened_at_current:.0f} A")


def answered(
    name: str,
    answer: Callable[[StationTester, object], object],
    endings: tuple[Ending, ...],
    forbidden: tuple[str, ...],
    setup: VehicleSetup,
    *,
    after: int = 0,
) -> None:
    """The station answers one exchange so; the vehicle ends, and never asks what is forbidden."""
    tester = judge.begin(setup)
    tester.on(name, lambda request: answer(tester, request), after=after)
    tester.plug_in()
    judge.ends(tester, *endings)
    if judge.NO_WAY_ON.issuperset(endings):
        judge.gave_up(tester, tester.spoilt[name])
    judge.never(tester, *forbidden)


def refused(code: str) -> Callable[[StationTester, Any], Any]:
    """The usual response with this code."""

    def answer(tester: StationTester, request: Any) -> Any:  # noqa: ANN401 - of any protocol
        name = type(request).__name__.removesuffix("Req")
        usual = tester.words.answers[name](request)
        return usual.replace(response_code=type(usual.response_code)(code))

    return answer


def wrong_type(_tester: StationTester, _request: object) -> iso2.ServiceDetailRes:
    return smallest(iso2.ServiceDetailRes)


def broken_delivery(tester: StationTester, _request: object) -> Later[Said]:
    """A delivery whose signature does not hold."""
    crypto = tester.lab.crypto
    assert crypto is not None
    good = crypto.desk.install(tester.asked[-1][1])
    bad: Later[Said] = Later()

    def spoil(said: Said) -> None:
        body: Any = said.body
        other = body.replace(emaid=iso2.EMAID(id=body.emaid.id, value="DE8AA9999999999"))
        bad.resolve(Said(other, said.signature))

    good.then(spoil)
    return bad


def not_stored(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.on("CertificateInstallation", lambda request: broken_delivery(tester, request))
    tester.plug_in()
    judge.ends(tester, Ending.SIGNATURE_FAULT)
    judge.never(tester, "PaymentDetails")
    inside = tester.lab.inside
    kept = None
    if inside is not None and inside.crypto is not None:
        kept = inside.crypto.wallet.contract() is None
    require_seen(tester.lab, kept, "the contract was stored")


# Services and payment


def modes_only(*modes: str) -> Callable[[StationTester, object], object]:
    return partial(_with_modes, modes)


def _with_modes(modes: tuple[str, ...], tester: StationTester, _request: object) -> object:
    return tester.iso2.discovery(modes=modes)


def other_current(answer: object) -> bool:
    """It offers what only a vehicle with one current can do nothing with."""
    return getattr(answer, "func", None) is _with_modes


def contract_on_plain(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    options = (iso2.PaymentOption.CONTRACT, iso2.PaymentOption.EXTERNAL_PAYMENT)
    offered = iso2.PaymentOptionList(payment_option=options)
    tester.on(
        "ServiceDiscovery",
        lambda _req: tester.iso2.discovery().replace(payment_option_list=offered),
    )
    judge.charging(tester)
    (chosen,) = tester.bodies("PaymentServiceSelection")
    require(chosen.selected_payment_option.value == "ExternalPayment", "Contract on plain TCP")
    judge.finish(tester)


def unusual_service(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.on("ServiceDiscovery", lambda _req: tester.iso2.discovery(service=UNUSUAL))
    tester.plug_in()
    judge.reach(tester, "PaymentServiceSelection")
    (chosen,) = tester.bodies("PaymentServiceSelection")
    numbers = [one.service_id for one in chosen.selected_service_list.selected_service]
    require(UNUSUAL in numbers, f"selected {numbers}")
    judge.finish(tester)


def waits_for_customer(setup: VehicleSetup) -> None:
    """Ten minutes, with the long setting of the ongoing limit."""
    tester = judge.begin(setup)
    waiting = iso2.EVSEProcessing.ONGOING_WAITING_FOR_CUSTOMER_INTERACTION
    tester.on(
        "Authorization",
        lambda _req: iso2.AuthorizationRes(response_code=Codes.OK, evse_processing=waiting),
    )
    tester.plug_in()
    tester.lab.run(600 * S)
    require(tester.closed_at is None, "the vehicle gave up")
    gaps = tester.times("Authorization")[-2:]
    require(gaps[1] - gaps[0] <= 2 * S, "no more AuthorizationReq")
    judge.finish(tester)


LONG: Final = replace(
    CONFORMANCE, timing=Timing(exchanges={"Authorization": Change(chain=1800 * S)})
)


def cheaper_tuple(setup: VehicleSetup) -> None:
    """Two tuples, the second cheaper; both tariffs signed by the mobility operator."""
    tester = judge.begin(setup)
    crypto = tester.lab.crypto
    dear = tariff(1).replace(sales_tariff_entry=tuple(_priced(0, 2)))
    cheap = tariff(2).replace(sales_tariff_entry=tuple(_priced(0, 1)))
    listed = (schedule(1, 9_000.0, dear), schedule(2, 7_000.0, cheap))
    body = tester.iso2.parameters(*listed)
    signature = None
    if crypto is not None:
        signer = crypto.signer(crypto.put("operator", crypto.pki["mo_sub2"]))
        signature = sign(SCHEME, signed_elements(body), signer)
    tester.on("ChargeParameterDiscovery", lambda _req: Said(body, signature))
    judge.charging(tester)
    start = tester.bodies("PowerDelivery")[0]
    require(start.charge_progress.value == "Start", "no PowerDelivery(Start)")
    chosen = start.sa_schedule_tuple_id
    cheaper = chosen == 2 or crypto is None
    if tester.lab.inside is None and not cheaper:
        tester.lab.remarks.append("the dearer of two schedules was chosen")  # it may want the power
    else:
        require(cheaper, f"tuple {chosen} chosen")
    limit = {1: 9_000.0, 2: 7_000.0}[chosen]
    powers = [
        entry.charging_profile_entry_max_power.si()
        for entry in start.charging_profile.profile_entry
    ]
    require(max(powers) <= limit, f"{max(powers):.0f} W where {limit:.0f} W are allowed")
    judge.finish(tester)


def _priced(start: int, level: int) -> list[iso2.SalesTariffEntry]:
    """One price from ``start`` on, then the same again: a tariff with something to compare."""
    return [
        iso2.SalesTariffEntry(
            time_interval=iso2.RelativeTimeInterval(start=begin), e_price_level=level
        )
        for begin in (start, start + 3600)
    ]


def no_schedules(tester: StationTester, _request: object) -> object:
    return tester.iso2.parameters().replace(sa_schedules=None)


def _inverse(octets: bytes) -> bytes:
    return octets[:1] + b"\xff" + octets[2:]


def _length(octets: bytes) -> bytes:
    return octets[:4] + (28).to_bytes(4, "big") + octets[8:]


def ends_by(
    name: str,
    answer: Callable[[StationTester, object], object],
    *endings: Ending,
    forbidden: tuple[str, ...] = (),
    after: int = 0,
) -> Play:
    return partial(answered, name, answer, endings, forbidden, after=after)
