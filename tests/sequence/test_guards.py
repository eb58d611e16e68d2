"""Each guard over all agreements that differ in what any guard asks, against a table of its rows.

A row names what must hold; a guard is true where one of its rows is, and nowhere else.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from bsw.chrgm.agreement import Agreement, Payment, Progress, Tolerance
from bsw.chrgm.modes import Approach, Transfer
from bsw.chrgm.sequence import iso20_approach, iso20_learn, learn

Row = Mapping[str, Any]
AC, DC, WPT = Transfer.AC, Transfer.DC, Transfer.WPT
PLUG, PAD, PANTOGRAPH = Approach.PLUG, Approach.PAD, Approach.PANTOGRAPH

OLDER: Final[dict[Callable[[Agreement], bool], list[Row]]] = {
    learn.secure: [{"secure": True}],
    learn.contract: [{"payment": Payment.CONTRACT}],
    learn.external: [{"payment": Payment.EXTERNAL}],
    learn.ongoing: [{"finished": False}],
    learn.finished: [{"finished": True}],
    learn.ac_finished: [{"finished": True, "transfer": AC}],
    learn.dc_finished: [{"finished": True, "transfer": DC, "energy": True}],
    learn.ends_without_energy: [{"finished": True, "transfer": DC, "energy": False}],
    learn.skips_to_power: [
        {
            "finished": True,
            "transfer": DC,
            "energy": True,
            "renegotiated": True,
            "tolerated": Tolerance.DIRECT_RENEGOTIATION,
        }
    ],
    learn.isolated: [{"finished": True, "isolated": True}],
    learn.not_isolated: [{"finished": False}, {"isolated": False}],
    learn.charging_ac: [{"progress": Progress.CHARGING, "transfer": AC}],
    learn.charging_dc: [{"progress": Progress.CHARGING, "transfer": DC}],
    learn.renegotiating: [{"progress": Progress.RENEGOTIATING}],
    learn.stopped: [{"progress": Progress.STOPPED}],
    learn.stopped_dc: [{"progress": Progress.STOPPED, "transfer": DC}],
    learn.receipt_due: [{"receipt": True}],
    learn.no_receipt_due: [{"receipt": False}, {"tolerated": Tolerance.SKIP_RECEIPT}],
    learn.authorization_again: [
        {"finished": False},
        {"tolerated": Tolerance.AUTHORIZATION_AGAIN},
    ],
    learn.discovery_again: [{"tolerated": Tolerance.DISCOVERY_AGAIN}],
    learn.stops_in_loop: [{"tolerated": Tolerance.STOP_IN_LOOP}],
    learn.stops_before_loop: [
        {"progress": Progress.CHARGING, "tolerated": Tolerance.STOP_BEFORE_LOOP}
    ],
}
GRANTED: Final = {"authorized": True}
NEWER: Final[dict[Callable[[Agreement], bool], list[Row]]] = {
    iso20_learn.parks: [{"added": 66}],
    iso20_learn.may_install: [{"may_install": True, "authorized": False}],
    iso20_learn.installed: [{"may_install": False}],
    iso20_learn.begins: [
        {"joined": False, "approach": PLUG},
        {"joined": False, "late": True},
    ],
    iso20_learn.joined_ac: [{"joined": True, "transfer": AC}],
    iso20_learn.joined_dc: [{"joined": True, "transfer": DC}],
    iso20_learn.authorized: [GRANTED],
    iso20_learn.authorization_open: [
        {"authorized": False},
        {"tolerated": Tolerance.AUTHORIZATION_AGAIN},
    ],
    iso20_learn.selected_ac: [{**GRANTED, "transfer": AC}],
    iso20_learn.selected_dc: [
        {**GRANTED, "transfer": DC, "approach": PLUG},
        {**GRANTED, "transfer": DC, "placed": True},
    ],
    iso20_learn.finished_ac: [{"finished": True, "transfer": AC}],
    iso20_learn.finished_dc: [
        {"finished": True, "transfer": DC, "approach": PLUG},
        {"finished": True, "transfer": DC, "approach": PAD},
    ],
    iso20_learn.charges_ac: [
        {**GRANTED, "finished": True, "transfer": AC, "progress": Progress.CHARGING},
        {**GRANTED, "finished": True, "transfer": AC, "progress": Progress.STANDBY},
    ],
    iso20_learn.charges_dc: [
        {**GRANTED, "finished": True, "transfer": DC, "progress": Progress.CHARGING},
        {**GRANTED, "finished": True, "transfer": DC, "progress": Progress.STANDBY},
    ],
    iso20_learn.charges_pad: [
        {**GRANTED, "finished": True, "transfer": WPT, "progress": Progress.CHARGING},
        {**GRANTED, "finished": True, "transfer": WPT, "progress": Progress.STANDBY},
    ],
    iso20_learn.delivery_open: [{"finished": False}, {"progress": Progress.IDLE}],
    iso20_learn.not_running: [
        {"progress": Progress.IDLE},
        {"progress": Progress.STOPPED, "connected": False},
        {"progress": Progress.STOPPED, "tolerated": Tolerance.STOP_CONNECTED},
    ],
    iso20_learn.renegotiates: [{"renegotiates": True}],
    iso20_learn.loop_runs: [{"progress": Progress.CHARGING}, {"progress": Progress.STANDBY}],
    iso20_approach.plugged_or_placed: [{"approach": PLUG}, {"placed": True}],
    iso20_approach.meets_later: [{"approach": PLUG}, {"late": True}],
    iso20_approach.pantograph: [{"approach": PANTOGRAPH, "begun": True}],
    iso20_approach.pantograph_first: [
        {"approach": PANTOGRAPH, "begun": True, "late": False, "placed": False}
    ],
    iso20_approach.pantograph_late: [
        {**GRANTED, "approach": PANTOGRAPH, "begun": True, "late": True, "placed": False}
    ],
    iso20_approach.pad_first: [{"approach": PAD, "begun": True, "late": False, "placed": False}],
    iso20_approach.pad_late: [
        {**GRANTED, "approach": PAD, "begun": True, "late": True, "placed": False}
    ],
    iso20_approach.joined_pad: [{"joined": True, "transfer": WPT}],
    iso20_approach.selected_pad: [{**GRANTED, "placed": True, "transfer": WPT}],
    iso20_approach.finished_pad: [{"finished": True, "transfer": WPT}],
    iso20_approach.placed_first: [{"placed": True, "late": False}],
    iso20_approach.placed_late: [{"placed": True, "late": True}],
    iso20_approach.not_placed: [{"placed": False}],
    iso20_approach.pantograph_next: [{"finished": True, "approach": PANTOGRAPH, "begun": True}],
    iso20_approach.connected: [{"finished": True, "connected": True}],
    iso20_approach.stopped_connected: [{"connected": True, "progress": Progress.STOPPED}],
    iso20_approach.tested_connected: [{"finished": True, "connected": True}],
    iso20_approach.free: [{"connected": False}, {"tolerated": Tolerance.STOP_CONNECTED}],
    iso20_approach.direct: [
        {"transfer": DC, "approach": PLUG},
        {"transfer": DC, "approach": PAD},
    ],
}
GUARDS: Final = {**OLDER, **NEWER}

FACTS: Final[dict[str, tuple[Any, ...]]] = {
    "transfer": (None, *Transfer),
    "approach": tuple(Approach),
    "progress": tuple(Progress),
    "payment": (None, *Payment),
    "tolerated": (frozenset(), *(frozenset({one}) for one in Tolerance), frozenset(Tolerance)),
    "added": (frozenset(), frozenset({65}), frozenset({67}), frozenset({66})),
}


def agreements(names: set[str]) -> Iterator[Agreement]:
    values = [FACTS.get(name, (False, True)) for name in sorted(names)]
    for chosen in itertools.product(*values):
        yield replace(Agreement(), **dict(zip(sorted(names), chosen, strict=True)))


def holds(row: Row, agreed: Agreement) -> bool:
    def one(name: str, wanted: object) -> bool:
        value = getattr(agreed, name)
        return wanted in value if isinstance(value, frozenset) else value == wanted

    return all(one(name, wanted) for name, wanted in row.items())


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_guard_holds_where_one_of_its_rows_does(guard: Callable[[Agreement], bool]) -> None:
    rows = GUARDS[guard]
    for agreed in agreements({name for row in rows for name in row}):
        assert guard(agreed) is any(holds(row, agreed) for row in rows), agreed


def test_before_anything_was_said_nothing_is_agreed_but_that_there_is_energy() -> None:
    fresh = Agreement()
    assert fresh.energy
    assert fresh.approach is Approach.PLUG
    assert fresh.progress is Progress.IDLE
    names = "secure late begun placed connected joined installs may_install authorized"
    more = "renegotiates finished isolated metered receipt renegotiated"
    assert not any(getattr(fresh, name) for name in f"{names} {more}".split())
