"""A refusal says with it what the station said of itself."""

from typing import Any

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import din, iso2
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, told_with
from tools.bench.world.direct import Rig


@pytest.mark.parametrize(("protocol", "messages"), [("iso2", iso2), ("din", din)])
def test_a_refused_cable_check_names_status_and_isolation(protocol: str, messages: Any) -> None:  # noqa: ANN401 - a message module
    rig = Rig(protocol)

    def refuse(heard: Heard) -> Heard:
        if type(heard.body).__name__ != "CableCheckRes":
            return heard
        status = heard.body.dc_evse_status.replace(
            evse_status_code=messages.DCEVSEStatusCode("EVSE_Malfunction"),
            evse_isolation_status=messages.IsolationLevel("Fault"),
        )
        body = heard.body.replace(
            response_code=messages.ResponseCode("FAILED"), dc_evse_status=status
        )
        return Heard(heard.session_id, body)

    rig.twist = refuse
    rig.run()
    result = rig.results["vehicle"]
    assert result.ending is Ending.REFUSED
    assert "EVSE_Malfunction" in str(result)
    assert "isolation Fault" in str(result)


def test_parameters_and_ac_are_read_as_well() -> None:
    status = iso2.ACEVSEStatus(
        notification_max_delay=0,
        evse_notification=iso2.EVSENotification.STOP_CHARGING,
        rcd=True,
    )
    body = smallest(iso2.ChargingStatusRes).replace(ac_evse_status=status)
    assert told_with(body) == "StopCharging, residual current"
    assert told_with(smallest(iso2.SessionStopRes)) == ""
