"""The times in force, when one profile serves several tables."""

from bsw.chrgm.sequence import din, iso2
from bsw.chrgm.sequence.timing import Change, Timing
from bsw.os.clock import S


def test_exchanges_of_one_name_in_two_tables_keep_their_own_times() -> None:
    timing = Timing()
    assert timing.of(iso2.TABLE.exchanges["PowerDelivery"]).answer == 5 * S
    assert timing.of(din.TABLE.exchanges["PowerDelivery"]).answer == 2 * S
    assert timing.of(iso2.TABLE.exchanges["PowerDelivery"]).answer == 5 * S


def test_a_change_by_name_reaches_both_tables() -> None:
    timing = Timing(exchanges={"PowerDelivery": Change(answer=6 * S)})
    assert {
        timing.of(table.exchanges["PowerDelivery"]).answer for table in (din.TABLE, iso2.TABLE)
    } == {6 * S}
