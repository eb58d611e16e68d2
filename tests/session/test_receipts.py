"""A station that demands a receipt in a response without meter data."""

from dataclasses import replace

import pytest

from bsw.chrgm.agreement import Tolerance
from bsw.chrgm.endings import Ending
from bsw.chrgm.messages import iso2
from bsw.os.clock import S
from evcc.session.profile import CONFORMANCE, FIELD, VehicleProfile
from secc.session.handlers.iso2.contract import Contract
from secc.session.profile import CONFORMANCE as STATION
from tests.session.test_plug_and_charge import MODES, Shop
from tools.bench.world.network import NetRig

INSISTS = replace(STATION, tolerated=frozenset({Tolerance.RECEIPT_OF_LAST_METER}))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("profile", "given"), [(FIELD, True), (CONFORMANCE, False)])
def test_in_the_field_the_last_meter_data_is_what_the_receipt_repeats(
    mode: str,
    profile: VehicleProfile,
    *,
    given: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = Contract.meter

    def silent_while_asking(contract: Contract) -> iso2.MeterInfo | None:
        asking = contract._station.state.receipt_required
        return None if asking else shown(contract)

    monkeypatch.setattr(Contract, "meter", silent_while_asking)
    shop = Shop(mode)
    options = replace(shop.options, vehicle_profile=profile, station_profile=INSISTS)
    rig = NetRig(shop.world, options)
    rig.plug_in()
    rig.scheduler.after(
        12 * S, lambda: rig.charger.receipt_is_required(receipt_required=True), name="receipt"
    )
    rig.full_after(20 * S)
    rig.run()
    assert rig.names().count("MeteringReceiptReq") == int(given)
    assert (rig.ending("vehicle") is Ending.TERMINATED) is given
