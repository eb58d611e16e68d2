"""What a station with one protocol answers to a vehicle's offer, whatever else is in it.

A case is about one protocol: a vehicle that ranks another one first is held to this one, and a
vehicle that does not offer it has not come to the place the case is about.
"""

from bsw.chrgm.applications import applications_of
from bsw.chrgm.messages.sap import (
    AppProtocol,
    ResponseCode,
    SupportedAppProtocolReq,
    SupportedAppProtocolRes,
)
from tools.conformance.bench import NotReached


def entry_of(request: SupportedAppProtocolReq, name: str) -> AppProtocol:
    """The vehicle's best ranked entry for this protocol."""
    (wanted,) = applications_of([name])
    fitting = [
        entry
        for entry in request.app_protocol
        if entry.protocol_namespace.strip() == wanted.namespace
        and entry.version_number_major == wanted.major
    ]
    if not fitting:
        offered = ", ".join(entry.protocol_namespace for entry in request.app_protocol)
        raise NotReached(f"the vehicle does not offer {wanted.namespace}, but {offered}")
    return min(fitting, key=lambda entry: entry.priority)


def agreed(
    request: SupportedAppProtocolReq,
    name: str,
    code: ResponseCode = ResponseCode.OK_SUCCESSFUL_NEGOTIATION,
) -> SupportedAppProtocolRes:
    return SupportedAppProtocolRes(response_code=code, schema_id=entry_of(request, name).schema_id)
