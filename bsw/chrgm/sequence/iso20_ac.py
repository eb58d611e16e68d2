"""ISO 15118-20, what AC adds to the table: plain and bidirectional."""

from typing import Final

from bsw.chrgm.messages.iso20 import ac
from bsw.chrgm.sequence import iso20_learn as learn
from bsw.chrgm.sequence.model import Edge, Exchange, Fragment, Limits
from bsw.os.clock import MS

LOOP: Final = Limits(answer=500 * MS, perform=250 * MS, next_request=500 * MS)
"""[V2G20-1499], [V2G20-1500]."""

AC: Final = Fragment(
    exchanges=(
        Exchange(
            "AC_ChargeParameterDiscovery",
            ac.ACChargeParameterDiscoveryReq,
            ac.ACChargeParameterDiscoveryRes,
            (Edge("ScheduleExchange"), Edge("SessionStop")),
        ),
        Exchange(
            "AC_ChargeLoop",
            ac.ACChargeLoopReq,
            ac.ACChargeLoopRes,
            (
                Edge("AC_ChargeLoop"),
                Edge("PowerDelivery"),
                Edge("SessionStop"),  # never by us; answered by what it asks for
            ),
            LOOP,
        ),
    ),
    edges={
        "SessionSetup": (Edge("AC_ChargeParameterDiscovery", learn.joined_ac),),
        "ServiceSelection": (Edge("AC_ChargeParameterDiscovery", learn.selected_ac),),
        "ScheduleExchange": (Edge("PowerDelivery", learn.finished_ac),),
        "PowerDelivery": (Edge("AC_ChargeLoop", learn.charges_ac),),
    },
)
