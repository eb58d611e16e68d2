"""Each energy service of ISO 15118-20, in either control mode, paid by contract."""

from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.chrgm.messages.iso20 import common
from bsw.os.clock import S
from evcc.session.profile import CONFORMANCE
from tests.iso20.campaign import BOTH_WAYS, CASES
from tools.bench.world.contract import Contract
from tools.bench.world.direct import Rig

LATE = 30 * S


@pytest.mark.parametrize("dynamic", [False, True], ids=["scheduled", "dynamic"])
@pytest.mark.parametrize(("application", "mode"), CASES, ids=[mode for _, mode in CASES])
def test_a_contract_pays_for_it(
    application: str,
    mode: str,
    *,
    dynamic: bool,
) -> None:
    rig = Rig(
        application,
        mode=mode,
        secure=True,
        vehicle_profile=replace(CONFORMANCE, prefers_dynamic=dynamic),
        ratings=BOTH_WAYS,
    )
    rig.station.vehicle_leaf, rig.car.station_leaf = b"vehicle", b"station"
    Contract(rig).give()
    rig.at(LATE, lambda: setattr(rig.state, "charging_complete", True))
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    asked = rig.bodies("AuthorizationReq")
    assert {one.selected_authorization_service for one in asked} == {common.Authorization.PNC}
    assert rig.view.payment == "Contract"
    (schedule,) = rig.bodies("ScheduleExchangeReq")
    assert (schedule.dynamic_se_req_control_mode is not None) is dynamic
    loops = [name for name in rig.names("vehicle") if name.endswith("ChargeLoopReq")]
    assert len(loops) > 20
