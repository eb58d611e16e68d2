"""A vehicle that tells times beyond any calendar: brought into range, and the station goes on."""

import pytest

from bsw.chrgm.messages import din, iso2
from bsw.os.clock import S
from secc.session.handlers.published import moment, publish_dc_loop
from tools.bench.world.direct import Rig


def long(protocol: str, value: int) -> din.PhysicalValue | iso2.PhysicalValue:
    if protocol == "din":
        return din.PhysicalValue(multiplier=3, unit=din.Unit.H, value=value)
    return iso2.PhysicalValue(multiplier=3, unit=iso2.Unit.H, value=value)


@pytest.mark.parametrize("seconds", [1e12, -1e12, 1e300, float(2**64)])
def test_a_moment_is_within_ten_years(seconds: float) -> None:
    station = Rig("iso2").station
    year = int(moment(station, seconds)[:4])
    now = int(moment(station, 0)[:4])
    assert abs(year - now) <= 10


@pytest.mark.parametrize("protocol", ["din", "iso2"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_remaining_time_of_millennia_is_told_as_years(protocol: str, sign: int) -> None:
    rig = Rig(protocol)
    rig.run(8 * S)
    request = rig.bodies("CurrentDemandReq")[0]
    time = long(protocol, sign * 32_767)
    publish_dc_loop(
        rig.station,
        request.replace(remaining_time_to_full_soc=time, remaining_time_to_bulk_soc=time),
    )
    told = rig.charger.last("dc_ev_remaining_time")
    assert told.ev_remaining_time_to_full_soc[:2] == "20"
