from datetime import timedelta

from bsw.os.clock import S, VirtualClock
from bsw.stbm import Quality, TimeBase
from keym.calendar import EcuCalendar
from keym.judging.judge import Judge, Policy, Question
from keym.judging.revocation import Demand
from keym.judging.verdict import Reason
from keym.x509.profile import Use
from tests.keym.world import AT, anchors_of, pki_of


def test_a_chain_is_valid_once_somebody_trusted_has_set_the_clock() -> None:
    pki, clock = pki_of("iso2"), VirtualClock()
    base = TimeBase(clock.now)
    anchors = anchors_of(pki)
    judge = Judge(lambda: anchors, EcuCalendar(base))
    question = Question(Use.SECC, pki.edition, pki["secc"].chain)

    def reason() -> Reason | None:
        return judge.judge(question, Policy(Demand.OFF)).reason

    assert reason() is Reason.TIME_UNKNOWN
    base.set(int(AT.timestamp()), Quality.STATION)
    assert reason() is Reason.TIME_UNKNOWN
    base.set(int(AT.timestamp()), Quality.BACKUP)
    assert reason() is None
    clock.wait_until(timedelta(days=61) // timedelta(seconds=1) * S)
    assert reason() is Reason.EXPIRED
