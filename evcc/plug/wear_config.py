"""How much switching a station may ask of the vehicle: pure data."""

from typing import Annotated

from pydantic import Field

from bsw.ecuc.part import Part
from bsw.ecuc.quantities import TIME, Duration, between
from bsw.os.clock import S

MINUTE = 60 * S
HALF_MINUTE = 30 * S
Times = Annotated[int, Field(ge=0, le=10_000)]
Interval = Annotated[Duration, between("1 s", "3600 s", TIME)]


class WearConfig(Part):
    """Bounds on what wears.  0 times: without a bound, for benches only."""

    renegotiations: Times = 48
    """In one session, as a night of a load management needs; the one after them stops it in order,
    in DC sooner, because each one takes a closing."""

    renegotiation_interval: Annotated[Duration, between("0 s", "3600 s", TIME)] = 10 * S
    """At least from one to the next; what is asked for sooner waits."""

    sessions: Times = 20
    """On one plug-in; then one more each ``session_each``."""

    session_each: Interval = 5 * MINUTE

    closings: Times = 20
    """Of contactors, or of the way to the on-board charger, on one plug-in; then one more each
    ``closing_each``."""

    closing_each: Interval = 5 * MINUTE

    closings_in_all: Times = 60
    """Whatever the pilot tells of plugs; then one more each half minute, as nobody plugs faster."""
