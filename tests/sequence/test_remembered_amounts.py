"""An amount that is said again is not made again, and says what it said."""

from math import ceil, floor, nan

import pytest

from bsw.chrgm.messages import din, iso2
from bsw.chrgm.messages.iso20 import common_types
from bsw.chrgm.messages.kinds import MessageError
from bsw.os.clock import S
from tools.bench.world.direct import Rig


def test_the_same_amount_is_the_same_object() -> None:
    first = iso2.PhysicalValue.of(400.5, iso2.Unit.V)
    assert iso2.PhysicalValue.of(400.5, iso2.Unit.V) is first
    assert common_types.RationalNumber.of(400.5) is common_types.RationalNumber.of(400.5)
    with pytest.raises(AttributeError):
        first.value = 1  # type: ignore[misc]


def test_unit_rounding_and_protocol_tell_amounts_apart() -> None:
    amps, volts = (iso2.PhysicalValue.of(7.0, unit) for unit in (iso2.Unit.A, iso2.Unit.V))
    assert (amps.unit, volts.unit) == (iso2.Unit.A, iso2.Unit.V)
    low, high = (iso2.PhysicalValue.of(0.00015, iso2.Unit.A, rounding=by) for by in (floor, ceil))
    assert (low.value, high.value) == (0, 1)
    assert type(din.PhysicalValue.of(7.0, din.Unit.A)) is din.PhysicalValue
    fine = common_types.RationalNumber.of(0.000123, finest=-6)
    assert (common_types.RationalNumber.of(0.000123).value, fine.value) == (0, 123)


def test_what_cannot_be_said_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(MessageError, match="not a number"):
            iso2.PhysicalValue.of(nan, iso2.Unit.V)
        with pytest.raises(MessageError, match="outside"):
            iso2.PhysicalValue.of(1e9, iso2.Unit.V)


@pytest.mark.parametrize("protocol", ["din", "iso2"])
def test_a_steady_charge_tells_the_same_target_in_each_turn(protocol: str) -> None:
    rig = Rig(protocol)
    told: list[object] = []
    rig.charger.subscribe("dc_ev_target_voltage_current", told.append)
    rig.at(20 * S, told.clear)
    rig.run(22 * S)
    assert len(told) > 5
    assert all(one is told[0] for one in told), "not one that only equals it"
