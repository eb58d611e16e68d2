"""What the station tester does to a vehicle from the cable check to the stop, and expects of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import din, iso2
from bsw.cp.pilot import READY
from bsw.os.clock import MS, S
from tools.conformance.judge import on_time, require, require_seen
from tools.conformance.vehicle import judge
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.plays import Codes
from tools.conformance.vehicle.scripted_station import StationTester
from tools.conformance.vehicle.words import SESSION, dc_status

# DC


def cable_check(status: iso2.DCEVSEStatus) -> Callable[[StationTester, Any], Any]:
    return lambda _tester, _request: iso2.CableCheckRes(
        response_code=Codes.OK,
        dc_evse_status=status,
        evse_processing=iso2.EVSEProcessing.FINISHED,
    )


def closes_once(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    judge.charging(tester)
    inside = tester.lab.inside
    if inside is not None:
        require(inside.pack.closings == 1, f"contactors closed {inside.pack.closings} times")
    start = tester.bodies("PowerDelivery")[0]
    require(start.charge_progress.value == "Start", "no PowerDelivery(Start)")
    status = start.ev_power_delivery_parameter.dc_ev_status
    require(status.ev_ready, "EVReady is false")
    good = None if inside is None else abs(inside.volts - inside.pack.ocv) <= 20.0
    require_seen(tester.lab, good, f"contactors closed at {tester.lab.volts:.0f} V")
    judge.finish(tester)


def notified(word: str, delay: int = 0) -> Callable[[StationTester], Any]:
    return lambda tester: tester.iso2.current_demand(dc_status(notification=word, delay=delay))


def stop_in_ac(delay: int) -> Callable[[StationTester], Any]:
    word = iso2.EVSENotification.STOP_CHARGING

    def said(tester: StationTester) -> Any:  # noqa: ANN401 - a message
        body = tester.iso2.charging_status()
        status = body.ac_evse_status.replace(evse_notification=word, notification_max_delay=delay)
        return body.replace(ac_evse_status=status)

    return said


def stops_when_asked(limit: int, delay: int, setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    loop = "ChargingStatus" if setup.ac else "CurrentDemand"
    said = stop_in_ac(delay) if setup.ac else notified("StopCharging", delay)
    tester.on(loop, lambda _req: said(tester), after=25)
    judge.charging(tester)
    since = judge.said(tester, loop)
    tester.await_request("PowerDelivery", limit, count=2)
    stop = tester.bodies("PowerDelivery")[1]
    require(stop.charge_progress.value == "Stop", f"{stop.charge_progress}")
    on_time(tester.times("PowerDelivery")[1] - since <= limit, "too late")
    if not setup.ac:
        last = tester.bodies(loop)[-1].ev_target_current.si()
        require(last <= judge.LOW_CURRENT, f"still asked for {last:.0f} A")
    judge.ends(tester, Ending.TERMINATED)


def renegotiates(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)

    def answer(_request: object) -> Any:  # noqa: ANN401
        if tester.names().count("PowerDelivery") == 1:
            return notified("ReNegotiation")(tester)
        return tester.iso2.current_demand()

    tester.on("CurrentDemand", answer, after=25)
    judge.charging(tester)
    judge.said(tester, "CurrentDemand")
    tester.await_request("PowerDelivery", 60 * S, count=3)
    order = list(dict.fromkeys(_after(tester, "PowerDelivery")))
    wanted = ["PowerDelivery", "ChargeParameterDiscovery", "CableCheck", "PreCharge"]
    require(order[:4] == wanted, f"went {order}")
    steps = [body.charge_progress.value for body in tester.bodies("PowerDelivery")]
    require(steps == ["Start", "Renegotiate", "Start"], f"PowerDelivery {steps}")
    tester.await_request("CurrentDemand", 10 * S, tester.names().count("CurrentDemand") + 3)
    judge.finish(tester)


def _after(tester: StationTester, name: str) -> list[str]:
    """From the second ``name`` on."""
    names = tester.names()
    first = names.index(name)
    return names[names.index(name, first + 1) :]


# AC


def residual_current(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.on("ChargingStatus", lambda _req: tester.iso2.charging_status(rcd=True), after=25)
    judge.charging(tester)
    judge.said(tester, "ChargingStatus")
    tester.await_request("PowerDelivery", 5 * S, count=2)
    inside = tester.lab.inside
    off = None if inside is None else inside.pack.ac_allowed == 0.0
    require_seen(tester.lab, off, "the load is still on")
    stop = tester.bodies("PowerDelivery")[1]
    require(stop.charge_progress.value == "Stop", f"{stop.charge_progress}")
    judge.ends(tester, Ending.STATION_FAULT)


def receipt(loop: str, setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    make: Callable[..., Any] = (
        tester.iso2.charging_status if setup.ac else tester.iso2.current_demand
    )
    tester.on(loop, lambda _req: make(receipt=True), after=5)
    tester.plug_in()
    judge.reach(tester, loop, 6)
    tester.await_request("MeteringReceipt")
    names = tester.names()
    require(names.count(loop) == 6, "not the next request")
    signed = tester.asked[-1][1]
    crypto = tester.lab.crypto
    assert crypto is not None
    leaf = tester.bodies("PaymentDetails")[0].contract_signature_cert_chain.certificate
    require(crypto.desk.verify(signed.body, signed.signature, leaf).good, "signature not valid")
    require(signed.body.meter_info == tester.iso2.meter(), "other meter data")
    judge.finish(tester)


def pauses(setup: VehicleSetup) -> None:
    """SessionStop(Pause), sleep in B, wake by B-C-B, the same session again."""
    tester = judge.begin(setup)
    judge.charging(tester)
    lab = tester.lab
    lab.pause()
    judge.ended_as(tester, judge.result(tester, 60 * S), Ending.PAUSED)
    stop = tester.bodies("SessionStop")[0]
    require(stop.charging_session.value == "Pause", "no SessionStop(Pause)")
    tester.link.pause()
    judge.safe(tester)
    if lab.inside is not None:
        stored = lab.inside.rig.vehicle_memory.load()
        require(stored is not None and stored.session_id == SESSION, "the session id is not stored")
    seen: list[bool] = []
    lab.listen(lambda pilot: seen.append(pilot.state in READY))
    usual, tester.discovery = tester.discovery, lambda _response: []
    lab.wake_up()
    tester.await_(lambda: len(tester.links) == 2, 20 * S, "the link after the wake-up")
    lab.run(500 * MS)  # a station as fast as this tester would have C again at once
    require(True in seen and seen[-1] is False, "no B-C-B toggle")
    tester.discovery = usual
    tester.await_request("SessionSetup", 20 * S, count=2)
    again = [heard for _, heard in tester.asked if isinstance(heard.body, iso2.SessionSetupReq)]
    require(again[1].session_id == SESSION, "SessionSetupReq without the stored id")


def closed_in_loop(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    judge.charging(tester)
    tester.hang_up()
    judge.ends(tester, Ending.CONNECTION_LOST, within=2 * S)
    inside = tester.lab.inside
    if not setup.ac and inside is not None:
        current = abs(inside.pack.opened_at_current)
        require(current <= judge.LOW_CURRENT, f"contactors opened at {current:.0f} A")


# DIN 70121


def din_discovery(**change: str) -> Callable[[StationTester, object], object]:
    return partial(_din_discovery, change)


def _din_discovery(change: dict[str, str], tester: StationTester, _request: object) -> object:
    return tester.din.discovery(**change)


def other_inlet(answer: object) -> bool:
    """It offers what a vehicle with the smaller inlet charges by."""
    given: tuple[Any, ...] = getattr(answer, "args", ({},))
    return getattr(answer, "func", None) is _din_discovery and "mode" in given[0]


def din_isolation(tester: StationTester, _request: object) -> object:
    return tester.din.cable_check(tester.din.status(isolation="Invalid"))


def slow_station(setup: VehicleSetup) -> None:
    """Every exchange within its own limit, all together above 150 s."""
    tester = judge.begin(setup)
    ongoing = din.EVSEProcessing.ONGOING

    def for_a_while(name: str, seconds: int) -> None:
        def answer(request: Any) -> Any:  # noqa: ANN401
            usual = tester.words.answers[name](request)
            since = tester.times(name)[0]
            if tester.lab.now - since < seconds * S:
                return usual.replace(evse_processing=ongoing)
            return usual

        tester.on(name, answer)

    for_a_while("ContractAuthentication", 58)
    for_a_while("ChargeParameterDiscovery", 58)
    for_a_while("CableCheck", 39)
    tester.plug_in()
    judge.reach(tester, "SessionSetup")
    since = tester.lab.now
    ended = judge.ends(tester, Ending.SPAN_TIMEOUT, within=200 * S)
    took = tester.lab.now - since - 4 * S
    require(took <= 152 * S, f"ended {ended} after {took / S:.0f} s")


def din_stops(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.on(
        "CurrentDemand",
        lambda _req: tester.din.current_demand(tester.din.status(notification="StopCharging")),
        after=25,
    )
    judge.charging(tester)
    judge.said(tester, "CurrentDemand")
    tester.await_request("PowerDelivery", 30 * S, count=2)
    stop = tester.bodies("PowerDelivery")[1]
    require(stop.ready_to_charge_state is False, "ReadyToChargeState true")
    judge.ends(tester, Ending.TERMINATED)


def stop_withheld(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.on("SessionStop", None)
    judge.charging(tester)
    tester.stop_vehicle()
    judge.ends_after(tester, "SessionStop", 2 * S, Ending.ANSWER_TIMEOUT)


def without_units(setup: VehicleSetup) -> None:
    tester = judge.begin(setup)
    tester.din.units = False
    judge.charging(tester)
    judge.finish(tester)
