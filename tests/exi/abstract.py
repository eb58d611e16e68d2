"""What foreign stations send in place of a list of schedules: the abstract element, empty."""

from bsw.chrgm.messages import din
from bsw.exi.pure.encoder import ENCODERS
from tests.exi.support import number, octets

LIST, ABSTRACT = number(0, 2), number(1, 2)
"""The codes of ``SAScheduleList`` and of its head, where either may stand."""


def without_schedules(message: din.V2GMessage) -> bytes:
    """A DIN ChargeParameterDiscoveryRes with ``<SASchedules/>`` instead of its list."""
    body = message.body
    assert isinstance(body, din.ChargeParameterDiscoveryRes)
    whole = "10000000" + number(77, 7) + ENCODERS[din.V2GMessage](message)
    listed = LIST + ENCODERS[din.SAScheduleList](body.sa_schedules)
    before, found, after = whole.partition(listed)
    assert found
    return octets(f"{before}{ABSTRACT}0{after}")
