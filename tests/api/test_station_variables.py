"""What the station publishes, when, and with which value."""

from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest

from bsw import exi
from bsw.chrgm.endings import Ending
from bsw.os.clock import S
from secc.api import about
from secc.api.charger import Charger
from secc.api.literals import (
    EnergyTransferMode,
    EvseError,
    HlcSessionFailedReason,
    PaymentOption,
    SaeJ2847BidiMode,
)
from secc.api.objects import EvseId
from secc.api.variables import DEBUG, VARIABLES
from tests.net import worlds
from tools.bench.world.direct import Rig
from tools.bench.world.network import NetRig, Options

Log = list[tuple[str, Any]]


def listen(charger: Charger) -> Log:
    log: Log = []

    def hear(name: str) -> None:
        charger.subscribe(name, lambda value: log.append((name, value)))

    for name in VARIABLES:
        hear(name)
    return log


def session(protocol: str, mode: str = "DC_extended") -> tuple[Rig, Log]:
    rig = Rig(protocol, mode=mode)
    rig.state.bulk_complete, rig.state.bulk_soc = False, 70.0
    rig.state.remaining_to_full, rig.state.remaining_to_bulk = 1800.0, 600.0
    rig.state.departure = 7200
    log = listen(rig.charger)
    rig.at(30 * S, lambda: setattr(rig.state, "charging_complete", True))
    return rig.run(), log


def once(log: Log, *names: str) -> list[str]:
    return [name for name, _ in log if name in names]


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_dc_session_is_told_in_order(protocol: str) -> None:
    _, log = session(protocol)
    events = [
        "evcc_id",
        "selected_payment_option",
        "require_auth_eim",
        "requested_energy_transfer_mode",
        "start_cable_check",
        "start_pre_charge",
        "v2g_setup_finished",
        "current_demand_started",
        "current_demand_finished",
        "dc_open_contactor",
    ]
    assert once(log, *events) == events


def test_an_ac_session_is_told_in_order() -> None:
    _, log = session("iso2", "AC_three_phase_core")
    events = [
        "evcc_id",
        "selected_payment_option",
        "require_auth_eim",
        "requested_energy_transfer_mode",
        "v2g_setup_finished",
        "ac_close_contactor",
        "current_demand_started",
        "current_demand_finished",
        "ac_open_contactor",
    ]
    assert once(log, *events) == events


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_the_values_of_a_dc_car_are_the_ones_it_sent(protocol: str) -> None:
    rig, _ = session(protocol)
    last = rig.charger.last
    assert last("evcc_id") == "02:00:00:00:00:A1"
    assert last("selected_payment_option") is PaymentOption.EXTERNAL
    assert last("requested_energy_transfer_mode") is EnergyTransferMode.DC_EXTENDED
    assert last("dc_ev_energy_capacity") == 60_000.0
    assert last("dc_ev_energy_request") == 24_000.0
    assert (last("dc_full_soc"), last("dc_bulk_soc")) == (80, 70)
    assert last("dc_ev_maximum_limits").dc_ev_maximum_current_limit == 200.0
    assert last("dc_charging_complete") is True
    assert last("dc_bulk_charging_complete") is False
    assert last("dc_ev_remaining_time").ev_remaining_time_to_full_soc.endswith("Z")
    assert 40 <= last("dc_ev_status").dc_ev_ress_soc <= 42
    assert last("dc_ev_target_voltage_current").dc_ev_target_current == 0.0


def test_the_values_of_an_ac_car_are_the_ones_it_sent() -> None:
    rig, _ = session("iso2", "AC_three_phase_core")
    last = rig.charger.last
    assert last("ac_ev_max_current") == 16.0
    assert last("ac_ev_min_current") == 6.0
    assert last("ac_ev_max_voltage") == 250.0
    assert last("ac_eamount") == 24_000.0
    assert last("departure_time").endswith("Z")


def net(**changed: Any) -> NetRig:  # noqa: ANN401 - fields of ``Options``
    return NetRig(worlds.simulated(), replace(Options(), **changed))


def debug(rig: NetRig) -> Log:
    rig.charger.setup(
        evse_id=EvseId(evse_id="DE*PWX*E0001*1"),
        sae_j2847_mode=SaeJ2847BidiMode.NONE,
        debug_mode=True,
    )
    return listen(rig.charger)


def finish(rig: NetRig) -> NetRig:
    rig.full_after(20 * S)
    rig.run()
    rig.outlet.close()
    rig.electronics.stop()
    return rig


def test_together_they_are_all_that_belongs_to_these_protocols() -> None:
    seen = {name for name, _ in session("iso2")[1]}
    seen |= {name for name, _ in session("iso2", "AC_three_phase_core")[1]}
    rig = net()
    log = debug(rig)
    rig.charger.publish_start()
    rig.plug_in()
    finish(rig)
    seen |= {name for name, _ in log}
    elsewhere = {"require_auth_pnc", "hlc_session_failed", "dlink_error", "dlink_pause"}
    assert seen == VARIABLES.keys() - about.NOT_HERE.keys() - elsewhere


def test_debug_variables_show_each_message_before_what_follows_from_it() -> None:
    rig = net()
    log = debug(rig)
    rig.plug_in()
    finish(rig)
    messages = [value for name, value in log if name == "v2g_messages"]
    assert [one.id for one in messages if one.id.endswith("Req")] == rig.names("vehicle")
    assert [one.id for one in messages if one.id.endswith("Res")] == rig.names("station")
    offer = exi.codec("sap").decode(b64decode(messages[0].exi_base64))
    assert type(offer).__name__ == "SupportedAppProtocolReq"
    names = [value.id if name == "v2g_messages" else name for name, value in log]
    assert names.index("SessionSetupReq") < names.index("evcc_id")
    assert names.index("CableCheckReq") < names.index("start_cable_check")
    assert rig.charger.last("selected_protocol") == "ISO 15118-2"
    assert rig.charger.last("ev_app_protocol").Protocols[0].priority == 1


def test_without_debug_mode_none_of_them_is_published() -> None:
    rig = net()
    log = listen(rig.charger)
    rig.plug_in()
    finish(rig)
    assert not DEBUG & {name for name, _ in log}
    assert log[-1] == ("dlink_terminate", None)


def test_a_failed_session_says_why_and_starts_the_link_anew() -> None:
    rig = net()
    log = listen(rig.charger)
    rig.plug_in()
    rig.scheduler.after(
        10 * S, lambda: rig.charger.send_error(error=EvseError.EMERGENCY_SHUTDOWN), name="fault"
    )
    rig.scheduler.after(10 * S, lambda: rig.charger.dlink_ready(value=False), name="gone")
    finish(rig)
    assert rig.ending("station") is Ending.LINK_LOST
    assert ("hlc_session_failed", HlcSessionFailedReason.INTERRUPTED) in log
    assert once(log, "current_demand_finished", "dc_open_contactor") == [
        "current_demand_finished",
        "dc_open_contactor",
    ]


def test_what_a_failed_negotiation_is_called() -> None:
    rig = net(served=("din",))
    rig.plug_in()
    rig.run()
    assert rig.ending("station") is Ending.NO_PROTOCOL
    reason = rig.charger.last("hlc_session_failed")
    assert reason is HlcSessionFailedReason.PROTOCOL_NEGOTIATION
    rig.outlet.close()


def test_a_restriction_of_protocols_is_what_the_handshake_answers() -> None:
    rig = net(protocols=("iso2", "din"))
    rig.charger.update_supported_app_protocols(
        supported_app_protocols={"app_protocols": ["DIN70121"]}  # type: ignore[arg-type]
    )
    rig.plug_in()
    finish(rig)
    assert "ContractAuthenticationReq" in rig.names()
    assert rig.ending("vehicle") is Ending.TERMINATED


def doors(rig: NetRig) -> bool:
    return rig.outlet.offer is not None


def test_a_link_waits_for_the_command_that_was_missing() -> None:
    rig = net()
    charger = rig.charger
    charger.state.modes = None
    charger.dlink_ready(value=True)
    assert charger.missing() == ("update_energy_transfer_modes",)
    assert not doors(rig)
    charger.update_energy_transfer_modes(
        supported_energy_transfer_modes=[EnergyTransferMode.DC_EXTENDED]
    )
    assert doors(rig)
    rig.drive()
    finish(rig)
    assert rig.ending("vehicle") is Ending.TERMINATED
