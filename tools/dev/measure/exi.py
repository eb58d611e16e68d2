"""Measures the EXI codec: every message of the baseline, loading, and making message objects.

The baseline lies with the tests, so this runs in a checkout; elsewhere use ``v2g exi bench FILE``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import make_dataclass
from pathlib import Path

from bsw import exi
from bsw.chrgm.messages import iso2
from bsw.chrgm.messages.kinds import SHORT
from bsw.chrgm.messages.model import Message, MessageType
from bsw.chrgm.messages.specs import element
from bsw.exi.careful import CarefulDecoder
from tools.exi.bench import bench, per_call

BASELINE = Path(__file__).parents[3] / "tests" / "data" / "exi" / "bench.jsonl.gz"
FIELDS = tuple(f"field_{number}" for number in range(10))


def main() -> None:
    if BASELINE.is_file():
        bench(argparse.Namespace(file=str(BASELINE), form="all", json=False))
    else:
        print(f"{BASELINE} is not here: v2g exi bench FILE measures any vector file")
    careful()
    objects()


def careful() -> None:
    """The walk through the tables that decides what the quick codec does not take."""
    schema = exi.schema_set("iso2")
    octets = exi.codec("iso2").encode(demand())
    took = per_call(lambda data: CarefulDecoder(schema, data).document(), octets)
    print(f"\n{took:9.2f} us a CurrentDemandReq, the careful way")


def objects() -> None:
    """What classes and instances cost, ours and the standard library's."""
    ours = per_call(lambda _: demand(), None)
    print(f"{ours:9.2f} us to make a CurrentDemandReq with header and 6 parts, checked")
    one = iso2.Unit.V
    value = per_call(lambda unit: iso2.PhysicalValue(multiplier=0, unit=unit, value=1), one)
    print(f"{value:9.2f} us to make a PhysicalValue, checked")
    classes: dict[str, Callable[[None], object]] = {
        "Message": lambda _: _message_class(),
        "dataclass": lambda _: make_dataclass("D", FIELDS, frozen=True, slots=True, kw_only=True),
    }
    for name, make in classes.items():
        print(f"{per_call(make, None):9.2f} us to create a {name} class of ten fields")


def _message_class() -> type:
    return MessageType("M", (Message,), {name: element(name, SHORT) for name in FIELDS})


def demand() -> iso2.V2GMessage:
    """A message of the charging loop."""
    return iso2.V2GMessage(
        header=iso2.MessageHeader(session_id=bytes(8)),
        body=iso2.CurrentDemandReq(
            dc_ev_status=iso2.DCEVStatus(
                ev_ready=True, ev_error_code=iso2.DCEVErrorCode.NO_ERROR, evresssoc=50
            ),
            ev_target_current=iso2.PhysicalValue.of(125, iso2.Unit.A),
            ev_maximum_voltage_limit=iso2.PhysicalValue.of(500, iso2.Unit.V),
            charging_complete=False,
            ev_target_voltage=iso2.PhysicalValue.of(400.5, iso2.Unit.V),
        ),
    )


if __name__ == "__main__":
    main()
