"""ISO 15118-20, what DC adds to the table: plain, bidirectional, and megawatt charging."""

from typing import Final

from bsw.chrgm.messages.iso20 import dc
from bsw.chrgm.sequence import iso20_approach as approach
from bsw.chrgm.sequence import iso20_learn as learn
from bsw.chrgm.sequence.model import Edge, Exchange, Fragment, Limits
from bsw.os.clock import MS, S

STOP: Final = Edge("SessionStop")
LOOP: Final = Limits(answer=500 * MS, perform=250 * MS, next_request=500 * MS)
"""[V2G20-1501], [V2G20-1502]: the next request, too, has to be there in half a second."""

DC: Final = Fragment(
    exchanges=(
        Exchange(
            "DC_ChargeParameterDiscovery",
            dc.DCChargeParameterDiscoveryReq,
            dc.DCChargeParameterDiscoveryRes,
            (Edge("ScheduleExchange"), STOP),
        ),
        Exchange(
            "DC_CableCheck",
            dc.DCCableCheckReq,
            dc.DCCableCheckRes,
            (
                Edge("DC_PreCharge", learn.finished),
                Edge("DC_CableCheck", learn.ongoing),
                STOP,
            ),
            Limits(chain=40 * S, chain_perform=38 * S),
            learn.processing,
        ),
        Exchange(
            "DC_PreCharge",
            dc.DCPreChargeReq,
            dc.DCPreChargeRes,
            (
                Edge("PowerDelivery", learn.finished),
                Edge("DC_PreCharge", learn.ongoing),
                STOP,
            ),
            Limits(chain=10 * S),
            learn.vehicle_processing,
        ),
        Exchange(
            "DC_ChargeLoop",
            dc.DCChargeLoopReq,
            dc.DCChargeLoopRes,
            (
                Edge("DC_ChargeLoop"),
                Edge("PowerDelivery"),
                Edge("SessionStop"),  # never by us; answered by what it asks for
            ),
            LOOP,
        ),
        Exchange(
            "DC_WeldingDetection",
            dc.DCWeldingDetectionReq,
            dc.DCWeldingDetectionRes,
            (
                Edge("DC_WeldingDetection", learn.ongoing),
                Edge("SessionStop", approach.free),
            ),
            learn=learn.vehicle_processing,
        ),
    ),
    edges={
        "SessionSetup": (Edge("DC_ChargeParameterDiscovery", learn.joined_dc),),
        "ServiceSelection": (Edge("DC_ChargeParameterDiscovery", learn.selected_dc),),
        "ScheduleExchange": (Edge("DC_CableCheck", learn.finished_dc),),
        "PowerDelivery": (
            Edge("DC_ChargeLoop", learn.charges_dc),
            Edge("DC_WeldingDetection", learn.stopped_dc),
        ),
    },
)
