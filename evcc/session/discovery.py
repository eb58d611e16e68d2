"""What a session asks for in discovery, and what it does where a station has less.

Data in, rules out.  Contracts are paid with over TLS only, so a connection without it is one of
external payment whatever else is allowed here.
"""

from collections.abc import Sequence

from bsw.chrgm.applications import Application, any_on_tls
from bsw.chrgm.modes import Mode
from bsw.sdp.config import VehicleWirelessConfig
from bsw.sdp.messages import NO_EVID, Security, WirelessRequest
from bsw.sdp.search import Mismatch, SearchRules
from evcc.config import WithoutTls


def wireless_request(
    mode: Mode, security: Security, config: VehicleWirelessConfig
) -> WirelessRequest | None:
    """For modes whose device meets the vehicle by itself; ``None``: ask as with a plug."""
    if mode.plugged or not config.discovery:
        return None
    return WirelessRequest(
        security=security,
        pairing=config.ways,
        coupling=config.coupled(mode.approach),
        evid=config.evid or NO_EVID,
        evseid=config.evse_id,
        evseid_size=config.evse_id_size,
    )


def search_rules(
    applications: Sequence[Application],
    without_tls: WithoutTls,
    *,
    tls: bool,
    in_vain: bool = False,
) -> SearchRules:
    """``tls``: we have it; ``in_vain``: this station speaks nothing of ours over it."""
    lenient = without_tls == "external"
    useless = in_vain or not any_on_tls(applications)
    if not tls or (lenient and useless):
        return SearchRules(ask=Security.NONE)
    less = Mismatch.ACCEPT if lenient else Mismatch.REFUSE
    return SearchRules(ask=Security.TLS, offered_less=less)
