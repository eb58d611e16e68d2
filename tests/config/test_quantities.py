"""Quantities: written with their unit, read into the base unit, and written back the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bsw.ecuc.quantities import ENERGY, POWER, SIZE, TIME, VOLTAGE, WARMTH, Quantity


@pytest.mark.parametrize(
    ("quantity", "text", "value"),
    [
        (TIME, "250 ms", 250_000_000),
        (TIME, "250ms", 250_000_000),
        (TIME, "0.25 s", 250_000_000),
        (TIME, "1.5 us", 1500),
        (TIME, "2 h", 7_200_000_000_000),
        (TIME, "0 s", 0),
        (VOLTAGE, "1_000 V", 1000.0),
        (VOLTAGE, "1.5e3 V", 1500.0),
        (VOLTAGE, "-5 V", -5.0),
        (POWER, "11 kW", 11_000.0),
        (ENERGY, "0.1 kWh", 100.0),
        (SIZE, "64 KiB", 65_536),
        (WARMTH, "-40 C", -40.0),
    ],
)
def test_a_quantity_is_read(quantity: Quantity, text: str, value: float) -> None:
    found = quantity.read(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("quantity", "text", "said"),
    [
        (TIME, "250", "250 has no unit; known: ns, us, ms, s, min, h"),
        (TIME, "250 Ms", "'Ms' is no unit of duration"),
        (TIME, "soon", "'soon' is no duration"),
        (TIME, "-1 s", "below 0"),
        (TIME, "0.5 ns", "below the smallest unit"),
        (TIME, "1 s 5 ms", "is no duration"),
        (TIME, "", "'' is no duration"),
        (POWER, "11 kw", "'kw' is no unit of power; known: W, kW, MW"),
        (POWER, "11 kVA", "'kVA' is no unit of power"),
        (VOLTAGE, "1,5 V", "is no voltage"),
        (VOLTAGE, "0x10 V", "'0x10 V' is no voltage"),
    ],
)
def test_what_is_no_quantity_is_refused_with_the_reason(
    quantity: Quantity, text: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said.replace("'", ".")):
        quantity.read(text)


@pytest.mark.parametrize(
    ("quantity", "value", "text"),
    [
        (TIME, 250_000_000, "250 ms"),
        (TIME, 5_000_000_000, "5 s"),
        (TIME, 1_500_000_000, "1500 ms"),
        (TIME, 5_400_000_000_000, "90 min"),
        (TIME, 0, "0 h"),
        (POWER, 11_000.0, "11 kW"),
        (POWER, 11_040.0, "11040 W"),
        (SIZE, 1 << 20, "1 MiB"),
        (WARMTH, -30.5, "-30.5 °C"),
    ],
)
def test_a_quantity_is_written_in_its_plainest_form(
    quantity: Quantity, value: float, text: str
) -> None:
    assert quantity.write(value) == text


@given(st.integers(0, 10**18))
def test_durations_survive_writing_and_reading(value: int) -> None:
    assert TIME.read(TIME.write(value)) == value


@given(st.floats(-1e9, 1e9))
def test_other_quantities_survive_writing_and_reading(value: float) -> None:
    for quantity in (VOLTAGE, POWER, ENERGY, WARMTH):
        assert quantity.read(quantity.write(value)) == value
