"""ISO 15118-20, what wireless transfer adds to the table: find the pad, prove it, and its loop.

No source has this state machine; the order is that of the messages, and ``Agreement.late`` says
whether the pad is met before the authorization or once the service is selected.
"""

from typing import Final

from bsw.chrgm.messages.iso20 import wpt
from bsw.chrgm.sequence import iso20_approach as approach
from bsw.chrgm.sequence import iso20_learn as learn
from bsw.chrgm.sequence.iso20_acdp import MOVING, PLACING
from bsw.chrgm.sequence.model import Edge, Exchange, Fragment, Limits
from bsw.os.clock import MS

STOP: Final = Edge("SessionStop")
LOOP: Final = Limits(answer=500 * MS, perform=250 * MS, next_request=500 * MS)
"""[V2G20-5069], [V2G20-5070]."""

WPT: Final = Fragment(
    exchanges=(
        Exchange(
            "WPT_FinePositioningSetup",
            wpt.WPTFinePositioningSetupReq,
            wpt.WPTFinePositioningSetupRes,
            (
                Edge("WPT_FinePositioning", learn.finished),
                Edge("WPT_FinePositioningSetup", learn.ongoing),
                STOP,
            ),
            MOVING,
            approach.pad_set_up,
        ),
        Exchange(
            "WPT_FinePositioning",
            wpt.WPTFinePositioningReq,
            wpt.WPTFinePositioningRes,
            (
                Edge("WPT_Pairing", learn.finished),
                Edge("WPT_FinePositioning", learn.ongoing),
                STOP,
            ),
            PLACING,
            approach.over_pad,
        ),
        Exchange(
            "WPT_Pairing",
            wpt.WPTPairingReq,
            wpt.WPTPairingRes,
            (
                Edge("AuthorizationSetup", approach.placed_first),
                Edge("WPT_ChargeParameterDiscovery", approach.placed_late),
                Edge("WPT_Pairing", approach.not_placed),
                STOP,
            ),
            MOVING,
            approach.pairing,
        ),
        Exchange(
            "WPT_ChargeParameterDiscovery",
            wpt.WPTChargeParameterDiscoveryReq,
            wpt.WPTChargeParameterDiscoveryRes,
            (Edge("WPT_AlignmentCheck"), STOP),
        ),
        Exchange(
            "WPT_AlignmentCheck",
            wpt.WPTAlignmentCheckReq,
            wpt.WPTAlignmentCheckRes,
            (
                Edge("ScheduleExchange", learn.finished),
                Edge("WPT_AlignmentCheck", learn.ongoing),
                STOP,
            ),
            MOVING,
            approach.alignment,
        ),
        Exchange(
            "WPT_ChargeLoop",
            wpt.WPTChargeLoopReq,
            wpt.WPTChargeLoopRes,
            (
                Edge("WPT_ChargeLoop"),
                Edge("PowerDelivery"),
                Edge("SessionStop"),  # never by us; answered by what it asks for
            ),
            LOOP,
        ),
    ),
    edges={
        "SessionSetup": (
            Edge("WPT_ChargeParameterDiscovery", approach.joined_pad),
            Edge("WPT_FinePositioningSetup", approach.pad_first),
        ),
        "ServiceSelection": (
            Edge("WPT_ChargeParameterDiscovery", approach.selected_pad),
            Edge("WPT_FinePositioningSetup", approach.pad_late),
        ),
        "ScheduleExchange": (Edge("PowerDelivery", approach.finished_pad),),
        "PowerDelivery": (Edge("WPT_ChargeLoop", learn.charges_pad),),
    },
)
