"""ISO 15118-20, the common messages: what comes before, between and after a service's own.

Each energy service adds its exchanges by a fragment of its own file.  The messages of a parking
place run beside the row, and no public source says when: from the selection of the service on.
"""

from typing import Final

from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.sequence import iso20_learn as learn
from bsw.chrgm.sequence.iso20_ac import AC
from bsw.chrgm.sequence.iso20_acdp import ACDP
from bsw.chrgm.sequence.iso20_dc import DC
from bsw.chrgm.sequence.iso20_wpt import WPT
from bsw.chrgm.sequence.learn import discovery_again, stops_before_loop
from bsw.chrgm.sequence.model import Edge, Exchange, Limits, Side, Span, Table, extended, table
from bsw.os.clock import MS, S
from bsw.v2gtp import PayloadType

SLOW: Final = Limits(answer=5 * S, perform=4500 * MS)
ONGOING: Final = Limits(chain=60 * S, chain_perform=55 * S)
STOP: Final = Edge("SessionStop")
INSTALL: Final = Edge("CertificateInstallation", learn.may_install)

_SET_UP: Final = (
    Exchange(
        "SessionSetup",
        common.SessionSetupReq,
        common.SessionSetupRes,
        (Edge("AuthorizationSetup", learn.begins), STOP),
        learn=learn.session,
    ),
    Exchange(
        "AuthorizationSetup",
        common.AuthorizationSetupReq,
        common.AuthorizationSetupRes,
        (Edge("Authorization"), INSTALL, STOP),
        learn=learn.authorization_setup,
    ),
    Exchange(
        "CertificateInstallation",
        common.CertificateInstallationReq,
        common.CertificateInstallationRes,
        (INSTALL, Edge("Authorization", learn.installed), STOP),
        Limits(answer=5 * S, perform=4500 * MS, chain=60 * S, chain_perform=55 * S),
        learn.installation,
    ),
    Exchange(
        "Authorization",
        common.AuthorizationReq,
        common.AuthorizationRes,
        (
            Edge("ServiceDiscovery", learn.authorized),
            Edge("Authorization", learn.authorization_open),
            INSTALL,
            STOP,
        ),
        ONGOING,
        learn.authorization,
    ),
)
_SERVICES: Final = (
    Exchange(
        "ServiceDiscovery",
        common.ServiceDiscoveryReq,
        common.ServiceDiscoveryRes,
        (Edge("ServiceDetail"), Edge("ServiceDiscovery", discovery_again), STOP),
    ),
    Exchange(
        "ServiceDetail",
        common.ServiceDetailReq,
        common.ServiceDetailRes,
        (Edge("ServiceSelection"), Edge("ServiceDetail"), STOP),
        SLOW,
    ),
    Exchange(
        "ServiceSelection",
        common.ServiceSelectionReq,
        common.ServiceSelectionRes,
        (STOP,),
        learn=learn.selection,
    ),
)
_ENERGY: Final = (
    Exchange(
        "ScheduleExchange",
        common.ScheduleExchangeReq,
        common.ScheduleExchangeRes,
        (Edge("ScheduleExchange", learn.ongoing), STOP),
        ONGOING,
        learn.processing,
    ),
    Exchange(
        "PowerDelivery",
        common.PowerDeliveryReq,
        common.PowerDeliveryRes,
        (
            Edge("PowerDelivery", learn.delivery_open),
            Edge("PowerDelivery", stops_before_loop),
            Edge("SessionStop", learn.not_running),
        ),
        learn=learn.delivery,
    ),
    Exchange(
        "SessionStop",
        common.SessionStopReq,
        common.SessionStopRes,
        (Edge("ServiceDiscovery", learn.renegotiates),),
        learn=learn.stop,
    ),
)

RENEGOTIATION: Final = Side(
    PayloadType.SCHEDULE,
    Exchange("ScheduleRenegotiation", common.ScheduleExchangeReq, common.ScheduleExchangeRes),
    learn.loop_runs,
)
"""New schedules beside the loop; PowerDelivery with ScheduleRenegotiation puts them in force."""
CONFIRMATION: Final = Side(
    PayloadType.METERING,
    Exchange(
        "MeteringConfirmation", common.MeteringConfirmationReq, common.MeteringConfirmationRes
    ),
    learn.loop_runs,
)
"""A meter reading, signed by the contract that pays."""
PARKING: Final = tuple(
    Side(PayloadType.PARKING, exchange, learn.parks)
    for exchange in (
        Exchange("VehicleCheckIn", common.VehicleCheckInReq, common.VehicleCheckInRes),
        Exchange("VehicleCheckOut", common.VehicleCheckOutReq, common.VehicleCheckOutRes),
    )
)

_BASE: Final = table(
    "ISO 15118-20",
    "SessionSetup",
    *_SET_UP,
    *_SERVICES,
    *_ENERGY,
    spans=(Span("communication set-up", "", "SessionSetup", vehicle=20 * S, station=18 * S),),
    sides=(RENEGOTIATION, CONFIRMATION, *PARKING),
)

TABLE: Final[Table] = extended(_BASE, AC, DC, ACDP, WPT)
"""With the services that we have; installed ones add theirs."""
