"""What the place tells the device's own commands, and what it does not take for a finding."""

import signal
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bsw.chrgm.messages import iso2
from bsw.os.clock import S, VirtualClock
from bsw.os.scheduler import Scheduler
from bsw.os.worker import SimulatedWorker
from tools.conformance.bench import AC, Clockwork, Deviation, NotFromHere, NotReached, Setup
from tools.conformance.station import handshake
from tools.conformance.station.words import Iso2Words
from tools.conformance.vehicle import judge
from tools.conformance.vehicle.bench import VehicleSetup
from tools.conformance.vehicle.plays import refused
from tools.tester.place.facts import facts
from tools.tester.place.hands import Hands, NotDone
from tools.tester.place.person import Person
from tools.tester.place.process import DeviceProcess
from tools.tester.profile import Action, ProcessPart


def test_a_device_that_is_a_program_is_told_the_case_by_its_environment(tmp_path: Path) -> None:
    log = tmp_path / "device.log"
    words = "$V2G_CASE $V2G_PROTOCOL $V2G_MODE $V2G_SECURITY $V2G_PAYMENT"
    part = ProcessPart(run=f"sh -c 'echo {words}; echo listening; sleep 60'", ready="listening")
    process = DeviceProcess(part, 0, log)
    clock = Clockwork(Scheduler(VirtualClock()))
    setup = Setup(mode=AC, tls=True, contract=True)
    clock.wait = _really  # type: ignore[assignment]
    try:
        process.prepare(clock, facts("TC_1", setup))
    finally:
        process.end()
    assert log.read_text().startswith(f"TC_1 iso2 {AC} tls Contract\n")


def test_a_device_that_a_killed_bench_has_left_is_ended_before_the_next(tmp_path: Path) -> None:
    clock = Clockwork(Scheduler(VirtualClock()))
    clock.wait = _really  # type: ignore[assignment]
    part = ProcessPart(run="sh -c 'echo listening; exec sleep 60'", ready="listening")
    killed, resumed = (DeviceProcess(part, 0, tmp_path / "device.log") for _ in range(2))
    killed.prepare(clock, {})
    first = killed._process
    assert first is not None
    try:
        resumed.prepare(clock, {})
        assert first.wait(60) == -signal.SIGKILL
    finally:
        resumed.end()
    assert not (tmp_path / "device.pid").exists()


def _really(reached: Any, _within: int, every: int = 0) -> bool:  # noqa: ANN401
    while not reached():
        pass
    return True


def test_an_action_is_told_the_case_as_well() -> None:
    scheduler = Scheduler(VirtualClock())
    hands = Hands(SimulatedWorker(scheduler), Person(scheduler, StringIO()))
    hands.facts = facts("TC_1", VehicleSetup(certificates="install"))
    clock = Clockwork(scheduler)
    hands.do(clock, Action(run='test "$V2G_CASE $V2G_CERTIFICATES" = "TC_1 install"'), "reset")
    with pytest.raises(NotDone, match="ended with 1"):
        hands.do(clock, Action(run='test "$V2G_SECURITY" = tls'), "reset")


def test_a_station_that_is_to_offer_tls_is_told_so_even_if_the_tester_comes_without() -> None:
    assert facts("TC_1", Setup(station_tls=True))["V2G_SECURITY"] == "tls"
    assert facts("TC_1", Setup(station_tls=False))["V2G_SECURITY"] == "none"


def test_a_vehicle_that_ends_before_the_place_is_not_judged_by_it() -> None:
    tester = judge.begin(VehicleSetup())
    for name in ("ServiceDiscovery", "CurrentDemand"):
        tester.on(name, lambda request: refused("FAILED")(tester, request))
    tester.plug_in()
    with pytest.raises(NotReached, match="CurrentDemand was never asked for"):
        judge.ends(tester)


def test_a_vehicle_that_never_comes_is_not_judged() -> None:
    tester = judge.begin(VehicleSetup())
    outside = cast("Any", tester)
    outside.lab = SimpleNamespace(
        inside=None, begins_within=5 * S, wait=lambda *_args, **_words: False
    )
    with pytest.raises(NotReached, match="did not look for a station within 5 s"):
        tester.await_vehicle()


MODES = tuple(iso2.EnergyTransferMode)


@pytest.mark.parametrize(
    ("offered", "wanted"),
    [
        (("AC_three_phase_core", "DC_extended"), "AC_single_phase_core"),
        (("AC_three_phase_core", "AC_single_phase_core"), "DC_core"),
    ],
)
def test_the_mode_that_is_not_offered_is_really_not_offered(
    offered: tuple[str, ...], wanted: str
) -> None:
    words = words_with(tuple(iso2.EnergyTransferMode(one) for one in offered))
    body = words.request("ChargeParameterDiscovery")
    changed = words.other_mode(cast("Any", body).body)
    assert changed.requested_energy_transfer_mode.value == wanted


def test_a_station_that_offers_every_mode_cannot_be_asked_for_another() -> None:
    words = words_with(MODES)
    body = cast("Any", words.request("ChargeParameterDiscovery")).body
    with pytest.raises(NotFromHere, match="every mode"):
        words.other_mode(body)


def words_with(modes: tuple[iso2.EnergyTransferMode, ...]) -> Iso2Words:
    words = Iso2Words(Setup(mode=AC), None)
    offered = SimpleNamespace(energy_transfer_mode=modes)
    service = SimpleNamespace(supported_energy_transfer_mode=offered)
    words.heard["ServiceDiscovery"] = SimpleNamespace(charge_service=service)
    return words


@pytest.mark.parametrize(
    ("bench", "told", "good"),
    [
        ("fe80::1", "fe80::2", True),
        ("::1", "::1", True),
        ("::1", "2001:db8::1", False),
        ("fe80::1", "::1", False),
    ],
)
def test_discovery_tells_an_address_that_can_be_reached(
    bench: str, told: str, *, good: bool
) -> None:
    network = SimpleNamespace(link_local=lambda: bench)
    tester = cast("Any", SimpleNamespace(lab=SimpleNamespace(network=network)))
    if good:
        handshake.reachable(tester, told)
        return
    with pytest.raises(Deviation, match="address"):
        handshake.reachable(tester, told)
