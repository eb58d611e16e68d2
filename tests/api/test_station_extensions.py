"""What the station tells a back end of the vehicle: who it is, and what it needs."""

from dataclasses import replace
from typing import Any

import pytest

from bsw.chrgm.messages import iso2
from bsw.os.clock import S
from secc.api.extensions import ACChargingParameters, ChargingNeeds, DCChargingParameters, EvInfo
from secc.api.literals import ControlMode, EnergyTransferMode, SupportedAppProtocol
from secc.session.handlers.needs import publish_charging_needs
from tests.net import worlds
from tools.bench.world.direct import Rig
from tools.bench.world.network import NetRig, Options

AC = "AC_three_phase_core"


def heard(rig: Rig | NetRig, name: str) -> list[Any]:
    log: list[Any] = []
    rig.charger.subscribe(name, log.append)
    return log


def session(protocol: str, mode: str = "DC_extended") -> tuple[Rig, list[ChargingNeeds]]:
    rig = Rig(protocol, mode=mode)
    rig.state.departure, rig.state.bulk_soc = 7200, 70.0
    told = heard(rig, "charging_needs")
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig, told


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_dc_car_needs_what_it_sent(protocol: str) -> None:
    rig, told = session(protocol)
    rig.run()
    (needs,) = told
    assert needs.requested_energy_transfer is EnergyTransferMode.DC_EXTENDED
    assert needs.control_mode is ControlMode.SCHEDULED
    assert needs.ac_charging_parameters is None
    assert needs.dc_charging_parameters == DCChargingParameters(
        ev_max_current=200,
        ev_max_voltage=420,
        ev_max_power=rig.state.max_power,
        ev_energy_capacity=60_000,
        energy_amount=24_000,
        state_of_charge=40,
        full_soc=80,
        bulk_soc=70,
    )


def test_an_ac_car_needs_what_it_sent_until_it_leaves() -> None:
    rig, told = session("iso2", AC)
    rig.run()
    (needs,) = told
    assert needs.dc_charging_parameters is None
    assert needs.ac_charging_parameters == ACChargingParameters(
        energy_amount=24_000, ev_min_current=6, ev_max_current=16, ev_max_voltage=250
    )
    assert needs.departure_time == rig.charger.last("departure_time")


def test_din_has_no_word_for_the_departure() -> None:
    rig, told = session("din")
    rig.run()
    assert told[0].departure_time is None


def test_new_needs_are_told_again_after_a_renegotiation() -> None:
    rig, told = session("iso2", AC)
    rig.at(8 * S, lambda: setattr(rig.state, "ac_max_current", 10.0))
    rig.at(8 * S, lambda: rig.charger.renegotiate(wanted=True))
    rig.run()
    assert [one.ac_charging_parameters.ev_max_current for one in told] == [16, 10]  # type: ignore[union-attr]  # it is AC


def test_a_repeated_request_says_nothing_new() -> None:
    """The station is still thinking about its schedules, and the car asks on."""
    rig, told = session("iso2", AC)
    rig.station.schedules.ready = False
    rig.at(12 * S, lambda: setattr(rig.station.schedules, "ready", True))
    rig.run()
    assert len(rig.bodies("ChargeParameterDiscoveryReq")) > 5
    assert len(told) == 1


def amount(unit: iso2.Unit, value: int) -> iso2.PhysicalValue:
    return iso2.PhysicalValue(multiplier=0, unit=unit, value=value)


def test_a_negative_wish_is_no_wish() -> None:
    rig, told = session("iso2")
    rig.run()
    needs = iso2.DCEVChargeParameter(
        dc_ev_status=rig.bodies("CurrentDemandReq")[0].dc_ev_status,
        ev_maximum_current_limit=amount(iso2.Unit.A, 200),
        ev_maximum_voltage_limit=amount(iso2.Unit.V, 420),
        ev_energy_request=amount(iso2.Unit.WH, -5),
    )
    publish_charging_needs(rig.station, needs)
    assert [one.dc_charging_parameters.energy_amount for one in told] == [24_000, None]  # type: ignore[union-attr]  # it is DC


def net(**changed: Any) -> NetRig:  # noqa: ANN401 - fields of ``Options``
    return NetRig(worlds.simulated(), replace(Options(), **changed))


def test_who_the_vehicle_is_grows_with_the_session() -> None:
    rig = net(protocols=("iso2", "din"))
    told: list[EvInfo] = heard(rig, "ev_info")
    rig.plug_in()
    rig.full_after(5 * S)
    rig.run()
    rig.outlet.close()
    rig.electronics.stop()
    handshake, setup = told
    assert handshake.evcc_id is None
    assert setup.evcc_id == rig.charger.last("evcc_id")
    assert setup.selected_protocol is SupportedAppProtocol.ISO2
    assert setup.supported_protocols == handshake.supported_protocols
    assert handshake.supported_protocols is not None
    assert len(handshake.supported_protocols.Protocols) == 2
    assert not setup.tls


def test_an_offer_of_nothing_served_is_told_without_a_choice() -> None:
    rig = net(served=("din",))
    told: list[EvInfo] = heard(rig, "ev_info")
    rig.plug_in()
    rig.run()
    rig.outlet.close()
    (info,) = told
    assert info.supported_protocols is not None
    assert info.selected_protocol is None


def test_services_cannot_be_renegotiated() -> None:
    rig = net()
    rig.charger.publish_start()
    assert rig.charger.last("service_renegotiation_supported") is False
