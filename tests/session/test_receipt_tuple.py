"""A receipt for a schedule that is not charged by is none."""

from dataclasses import replace

import pytest

from bsw.chrgm.messages import iso2
from bsw.chrgm.record import code_of
from bsw.os.clock import S
from tests.session.visits import Visits
from tools.conformance.bench import AC, DC, Setup

SETUP = Setup(tls=True, contract=True, receipts=True, entries=24)


@pytest.mark.parametrize("profile", ["conformance", "field"])
@pytest.mark.parametrize("mode", [AC, DC])
@pytest.mark.parametrize(
    ("number", "code"),
    [("own", "OK"), (None, "OK"), ("other", "FAILED_MeteringSignatureNotValid")],
)
def test_a_receipt_is_for_the_schedule_that_is_charged_by(
    number: str | None, code: str, mode: str, profile: str
) -> None:
    visits = Visits(replace(SETUP, mode=mode), profile)
    visits.lab.run(2 * S)  # the meter has spoken
    walk = visits.come()
    walk.to("Receipt")
    receipt = walk.iso2.receipt()
    chosen = receipt.sa_schedule_tuple_id
    told = {"own": chosen, "other": 1 if chosen == 2 else 2, None: None}[number]
    altered = iso2.MeteringReceiptReq(
        id=receipt.id,
        session_id=receipt.session_id,
        sa_schedule_tuple_id=told,
        meter_info=receipt.meter_info,
    )
    heard = walk.tester.ask(walk.iso2.wallet.signed(altered))
    assert heard is not None
    assert code_of(heard.body) == code
