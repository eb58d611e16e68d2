"""ISO 15118-20, what an automatic connection device adds to DC: find it, bring it down, lift it.

Energy is that of DC.  Beside the row each side tells the other its status, again and again.
"""

from typing import Final

from bsw.chrgm.messages.iso20 import acdp
from bsw.chrgm.sequence import iso20_approach as approach
from bsw.chrgm.sequence import iso20_learn as learn
from bsw.chrgm.sequence.model import Edge, Exchange, Fragment, Limits, Side
from bsw.os.clock import S
from bsw.v2gtp import PayloadType

STOP: Final = Edge("SessionStop")
PLACING: Final = Limits(chain=600 * S, chain_perform=590 * S)
"""A driver takes his time; the norm's figure is not known."""
MOVING: Final = Limits(chain=60 * S, chain_perform=55 * S)
"""The norm's figure is not known."""

STATUS: Final = Side(
    PayloadType.ACDP_STATUS,
    Exchange(
        "ACDP_SystemStatus",
        acdp.ACDPSystemStatusReq,
        acdp.ACDPSystemStatusRes,
        limits=Limits(every=1 * S),
    ),
    approach.pantograph,
)
"""At any time of a session; how often is not known to be said anywhere."""

ACDP: Final = Fragment(
    exchanges=(
        Exchange(
            "ACDP_VehiclePositioning",
            acdp.ACDPVehiclePositioningReq,
            acdp.ACDPVehiclePositioningRes,
            (
                Edge("AuthorizationSetup", approach.placed_first),
                Edge("DC_ChargeParameterDiscovery", approach.placed_late),
                Edge("ACDP_VehiclePositioning", approach.not_placed),
                STOP,
            ),
            PLACING,
            approach.positioning,
        ),
        Exchange(
            "ACDP_Connect",
            acdp.ACDPConnectReq,
            acdp.ACDPConnectRes,
            (
                Edge("DC_CableCheck", approach.connected),
                Edge("ACDP_Connect", learn.ongoing),
                STOP,
            ),
            MOVING,
            approach.connecting,
        ),
        Exchange(
            "ACDP_Disconnect",
            acdp.ACDPDisconnectReq,
            acdp.ACDPDisconnectRes,
            (
                Edge("SessionStop", approach.free),
                Edge("ACDP_Disconnect", learn.ongoing),
            ),
            MOVING,
            approach.disconnecting,
        ),
    ),
    sides=(STATUS,),
    edges={
        "SessionSetup": (Edge("ACDP_VehiclePositioning", approach.pantograph_first),),
        "ServiceSelection": (Edge("ACDP_VehiclePositioning", approach.pantograph_late),),
        "ScheduleExchange": (Edge("ACDP_Connect", approach.pantograph_next),),
        "PowerDelivery": (Edge("ACDP_Disconnect", approach.stopped_connected),),
        "DC_WeldingDetection": (Edge("ACDP_Disconnect", approach.tested_connected),),
    },
)
