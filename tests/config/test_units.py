"""Each unit of each quantity is worth what it is worth, and quantities read and write the same."""

import pytest

from bsw.ecuc import quantities as q

WORTH: list[tuple[q.Quantity, str, float]] = [
    (q.TIME, "1 ns", 1),
    (q.TIME, "1 us", 1_000),
    (q.TIME, "1 ms", 1_000_000),
    (q.TIME, "1 s", 1_000_000_000),
    (q.TIME, "1 min", 60_000_000_000),
    (q.TIME, "1 h", 3_600_000_000_000),
    (q.VOLTAGE, "1 V", 1),
    (q.VOLTAGE, "1 kV", 1000),
    (q.VOLTAGE, "1 mV", 0.001),
    (q.CURRENT, "1 A", 1),
    (q.CURRENT, "1 mA", 0.001),
    (q.CURRENT, "1 kA", 1000),
    (q.POWER, "1 W", 1),
    (q.POWER, "1 kW", 1000),
    (q.POWER, "1 MW", 1_000_000),
    (q.ENERGY, "1 Wh", 1),
    (q.ENERGY, "1 kWh", 1000),
    (q.SHARE, "1 %", 1),
    (q.WARMTH, "1 °C", 1),
    (q.WARMTH, "1 C", 1),
    (q.WARMTH, "1 degC", 1),
    (q.ATTENUATION, "1 dB", 1),
    (q.SIZE, "1 B", 1),
    (q.SIZE, "1 KiB", 1024),
    (q.SIZE, "1 MiB", 1_048_576),
    (q.SIZE, "1 GiB", 1_073_741_824),
]


@pytest.mark.parametrize(("quantity", "text", "worth"), WORTH, ids=[one[1] for one in WORTH])
def test_a_unit_is_worth_so_many_of_the_base_unit(
    quantity: q.Quantity, text: str, worth: float
) -> None:
    assert quantity.read(text) == worth
    assert quantity.read(f"  {text.replace(' ', '')} ") == worth
    assert quantity.read(quantity.write(worth)) == worth
    assert isinstance(quantity.read(text), int if quantity.whole else float)


def test_every_unit_has_its_row_and_the_example_is_one() -> None:
    every = {id(one): one for one, _, _ in WORTH}
    for quantity in every.values():
        rows = {text.split()[1] for one, text, _ in WORTH if one is quantity}
        assert rows == set(quantity.units)
        assert quantity.read(quantity.example) > 0
        assert set(quantity.preferred) <= set(quantity.units)


@pytest.mark.parametrize("text", ["0.5 ns", "-1 s", "1.5 B", "-1 B"])
def test_what_is_counted_is_whole_and_not_below_nothing(text: str) -> None:
    quantity = q.SIZE if text.endswith("B") else q.TIME
    with pytest.raises(ValueError, match="below 0 or below the smallest unit"):
        quantity.read(text)
    assert q.WARMTH.read("-25 °C") == -25
    assert q.TIME.read("0 s") == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (250_000_000, "250 ms"),
        (1_500_000_000, "1500 ms"),
        (60_000_000_000, "60 s"),
        (3_600_000_000_000, "1 h"),
        (0, "0 h"),
        (1, "1 ns"),
    ],
)
def test_a_time_is_written_in_its_shortest_form(value: int, text: str) -> None:
    assert q.TIME.write(value) == text


def test_power_is_written_without_a_point_where_it_can_be() -> None:
    assert q.POWER.write(11_000.0) == "11 kW"
    assert q.POWER.write(11_500.0) == "11500 W"
    assert q.POWER.write(0.5) == "0.5 W"
