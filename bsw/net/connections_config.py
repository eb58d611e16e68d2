"""What an integrator may set about the connections others may open.  Pure data."""

from typing import Annotated

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.quantities import TIME, Duration, between
from bsw.os.clock import S

Count = Annotated[int, Field(ge=1, le=10_000)]


class ConnectionsConfig(Part):
    """How many connections may come and wait, and how long each may take to become a session."""

    per_second: Count = 200
    """New connections in a second, of all peers; what comes above that is broken off at once."""

    per_peer_second: Count = 100
    """The same for one address."""

    waiting: Count = 16
    """Connections without a session at a time; the least advanced gives way to a new one."""

    waiting_per_peer: Count = 4
    """The same for one address."""

    offer_within: Annotated[Duration, between("1 s", "600 s", TIME)] = 20 * S
    """From the connection to the end of SupportedAppProtocolReq.  TLS has 10 s of it."""

    silent_for: Annotated[Duration, between("200 ms", "1400 ms", TIME)] = 1 * S
    """A session whose vehicle was silent for so long may be taken over by the same vehicle on a
    new connection.  SessionSetupReq waits for that, and has to be answered within 1.5 s."""
