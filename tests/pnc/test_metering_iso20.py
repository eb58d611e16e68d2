"""Meter readings that the vehicle signs beside the loop: what counts, and what does not."""

from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.record import Heard
from bsw.os.clock import S
from bsw.v2gtp import PayloadType
from secc.api.literals import PaymentOption
from tests.pnc.test_session_iso20 import Town

REQUEST, RESPONSE = "MeteringConfirmationReq", "MeteringConfirmationRes"


def town_of(application: str = "iso20-dc", mode: str = "DC") -> Town:
    town = Town(application, mode)
    town.sides.own()
    town.rig.at(20 * S, town.rig.charger.confirm_meter)
    return town


@pytest.mark.parametrize(
    ("application", "mode"), [("iso20-dc", "DC"), ("iso20-ac", "AC_three_phase_core")]
)
def test_a_reading_is_signed_once_and_the_energy_goes_on(application: str, mode: str) -> None:
    """[V2G20-1083]: the notification and the reading stand in one answer."""
    town = town_of(application, mode)
    confirmed: list[int] = []
    town.rig.charger.subscribe("meter_confirmed", confirmed.append)
    town.run()
    assert town.charged()
    (request,) = town.rig.bodies(REQUEST)
    (response,) = town.rig.bodies(RESPONSE)
    assert response.response_code.value == "OK"
    data = request.signed_metering_data
    assert data.session_id == town.rig.station.record.session_id
    assert data.scheduled_smdt_control_mode.selected_schedule_tuple_id == 1
    assert confirmed == [data.meter_info.charged_energy_reading_wh]
    assert confirmed[0] > 0
    (stream,) = {
        heard.payload_type for _, _, heard in town.rig.said if type(heard.body).__name__ == REQUEST
    }
    assert stream == PayloadType.METERING
    asking = [
        body
        for body in town.rig.bodies(f"{mode[:2]}ChargeLoopRes")
        if body.evse_status is not None
        and body.evse_status.evse_notification.value == "MeteringConfirmation"
    ]
    assert asking
    assert all(body.meter_info is not None for body in asking)


def test_nobody_is_asked_who_pays_otherwise() -> None:
    town = Town(payment=(PaymentOption.EXTERNAL,))
    town.rig.at(20 * S, town.rig.charger.confirm_meter)
    town.run()
    assert town.charged()
    assert town.rig.bodies(REQUEST) == []
    assert {body.evse_status for body in town.rig.bodies("DCChargeLoopRes")} == {None}


def _other_reading(heard: Heard) -> Heard:
    """Signed by nobody: the signature is about another one."""
    data = heard.body.signed_metering_data
    meter = data.meter_info.replace(charged_energy_reading_wh=1)
    return replace(
        heard, body=heard.body.replace(signed_metering_data=data.replace(meter_info=meter))
    )


def _unsigned(heard: Heard) -> Heard:
    header = heard.body.header.replace(signature=None)
    return replace(heard, body=heard.body.replace(header=header), signature=None)


@pytest.mark.parametrize("forge", [_other_reading, _unsigned])
def test_what_was_not_signed_does_not_count(forge: object) -> None:
    town = town_of()
    confirmed: list[int] = []
    town.rig.charger.subscribe("meter_confirmed", confirmed.append)
    change = forge
    assert callable(change)
    town.rig.forge = lambda heard: change(heard) if type(heard.body).__name__ == REQUEST else heard
    town.run()
    assert confirmed == []
    assert [body.response_code.value for body in town.rig.bodies(RESPONSE)] == [
        "FAILED_MeteringSignatureNotValid"
    ]
    assert town.rig.ending("vehicle") is Ending.REFUSED
    assert town.rig.electronics.current == 0.0


def test_a_reading_that_was_never_shown_does_not_count() -> None:
    """Signed well, but about another meter."""
    town = town_of()

    def twist(heard: Heard) -> Heard:
        meter = getattr(heard.body, "meter_info", None)
        if meter is None:
            return heard
        return replace(heard, body=heard.body.replace(meter_info=meter.replace(meter_id="other")))

    town.rig.twist = twist
    town.run()
    (response,) = town.rig.bodies(RESPONSE)
    assert response.response_code.value == "FAILED_MeteringSignatureNotValid"
