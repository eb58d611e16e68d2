"""The vehicle's authorization_state tells of the authorization, not of what is Ongoing later."""

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import S
from evcc.north.variables import ViewTeller, variables
from tools.bench.world.direct import Rig


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_the_cable_check_is_no_authorization(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(protocol)
    told = variables()
    states: list[str] = []
    during: list[str] = []
    told.subscribe("authorization_state", states.append)
    told.subscribe("authorization_state", lambda _state: during.append(rig.names("vehicle")[-1]))
    monkeypatch.setattr(rig.pack, "view_changed", ViewTeller(told))
    rig.at(20 * S, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is Ending.TERMINATED
    checks = [str(body.evse_processing.value) for body in rig.bodies("CableCheckRes")]
    assert "Ongoing" in checks
    assert states[-1] == "Finished"
    assert len(states) == 2
    exchange = "ContractAuthenticationReq" if protocol == "din" else "AuthorizationReq"
    assert set(during) == {exchange}
