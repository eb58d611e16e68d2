"""Which cases can be asked of a device, and why not the others."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from bsw.chrgm.modes import Approach, mode_of
from tools.conformance.bench import Setup
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.station.cases import Case
from tools.tester.profile import Device


def role_of(case: Case) -> str:
    """Whom the case tests."""
    return "evcc" if "EVCC" in case.id else "secc"


def why_not(case: Case, device: Device) -> str:
    """Empty for a case that can be played."""
    for pattern, reason in device.cannot.items():
        if fnmatchcase(case.id, pattern):
            return f"the profile says so: {reason}"
    setup = case.setup
    reasons = _newer(case, setup, device) if isinstance(setup, NewerSetup) else None
    return next((text for text in reasons or _reasons(case, setup, device) if text), "")


def _reasons(case: Case, setup: Any, device: Device) -> list[str]:  # noqa: ANN401 - of either role
    common = [
        _missing(setup.protocol in device.protocols, f"protocol {setup.protocol}"),
        _missing(device.mode(setup.mode) is not None, "AC" if setup.ac else "DC"),
        _missing(device.tls or not setup.tls, "TLS"),
        _missing(device.plain or setup.tls, "connections without TLS"),
        _missing(_pays(setup, device), "Contract" if setup.contract else "ExternalPayment"),
        _missing("certificates" in device.can or not setup.certificates, "certificates"),
        _missing("welding" in device.can or "WeldingDetection" not in case.about, "welding"),
        _pilot(case, device),
    ]
    if isinstance(setup, Setup):
        return common + _station(case, setup, device)
    return common + _vehicle(case, device)


def _newer(case: Case, setup: NewerSetup, device: Device) -> list[str]:
    """Of ISO 15118-20."""
    without_tls = "iso20_without_tls" in device.lab
    return [
        setup.inside,
        _missing(setup.protocol in device.protocols, f"protocol {setup.protocol}"),
        _missing(_serves(setup, device), f"a mode for the service {setup.service}"),
        _missing(device.tls or without_tls, "TLS"),
        _missing("ExternalPayment" in device.payment, "ExternalPayment"),
        "the device takes contracts"
        if setup.external_alone and "Contract" in device.payment
        else "",
        _missing(not setup.can or setup.can in device.can, setup.can),
        _missing(not setup.condition or setup.condition in device.conditions, setup.condition),
        _pilot(case, device),
    ]


def _serves(setup: NewerSetup, device: Device) -> bool:
    """Plain services by any mode of their current, the others by their own name."""
    energy = setup.energy
    if energy.discharges or energy.approach is not Approach.PLUG:
        return setup.service in device.modes
    plain = [one for one in map(mode_of, device.modes) if one.approach is Approach.PLUG]
    return any(one.ac == energy.ac and not one.discharges for one in plain)


def _missing(there: bool, what: str) -> str:  # noqa: FBT001 - a word and whether it holds
    return "" if there else f"the profile does not name {what}"


def _pays(setup: Any, device: Device) -> bool:  # noqa: ANN401 - of either role
    return ("Contract" if setup.contract else "ExternalPayment") in device.payment


def _pilot(case: Case, device: Device) -> str:
    driver = device.pilot.driver
    switches = driver == "plug" or (device.role == "secc" and device.actions.shows)
    if "pilot" in case.needs and not switches:
        return f"needs the pilot's resistors, and pilot.driver is {driver}"
    if "plug" in case.needs and driver == "none":
        return "begins with the plug going in, and pilot.driver is none"
    return ""


def conditions(setup: Setup | NewerSetup) -> list[str]:
    """What the device has to be in, by the names of ``profile.CONDITIONS``."""
    if isinstance(setup, NewerSetup):
        return [setup.condition] if setup.condition else []
    wanted = {
        "contract alone": setup.only_contract,
        "receipts": setup.receipts,
        "tariff": setup.tariff,
        "woken by the station": setup.resumed == "station",
        f"slow {setup.slow}": setup.slow != "",
    }
    return [name for name, holds in wanted.items() if holds]


def _station(case: Case, setup: Setup, device: Device) -> list[str]:
    can = {
        "services": setup.detail,
        "internet": setup.internet,
        "meter": "meter" in case.needs,
        "pause": bool(setup.resumed),
        "renegotiation": setup.renegotiated,
    }
    tls_off = setup.station_tls is False and device.tls
    tls_on = bool(setup.station_tls) and not device.tls
    return [
        *(_missing(name in device.can or not wanted, name) for name, wanted in can.items()),
        *(_missing(name in device.conditions, f"{name!r}") for name in conditions(setup)),
        "the device offers TLS" if tls_off else "",
        _missing(not tls_on, "TLS"),
    ]


def _vehicle(case: Case, device: Device) -> list[str]:
    memory = "inside only: it puts a paused session into the vehicle's memory"
    actions = device.actions
    ordered = actions.pause is not None and actions.wake_up is not None
    return [
        memory if "memory" in case.needs else "",
        _missing(ordered or "orders" not in case.needs, "actions.pause and wake_up"),
        _missing("patience" in device.conditions or "patience" not in case.needs, "'patience'"),
        _charges_otherwise(case, device),
    ]


def _charges_otherwise(case: Case, device: Device) -> str:
    """What is no use to a vehicle with one current, or the larger inlet, another one charges by."""
    if device.process.run and device.process.each != "run":
        return ""  # it is set up for each case, by ``V2G_MODE``
    both = len({mode_of(mode).ac for mode in device.modes}) > 1
    if "one current" in case.needs and both:
        return "the vehicle charges by either current"
    if "no DC_core" in case.needs and "DC_core" in device.modes:
        return "the vehicle charges by DC_core as well"
    return ""


def fitted(setup: Any, device: Device) -> Any:  # noqa: ANN401 - of either role
    """The set-up with what the device has in place of its like."""
    if isinstance(setup, NewerSetup):
        return replace(setup, plain=not device.tls)
    mode = device.mode(setup.mode) or setup.mode
    if isinstance(setup, Setup):
        return replace(setup, mode=mode, welding=setup.welding and "welding" in device.can)
    return replace(setup, mode=mode)
