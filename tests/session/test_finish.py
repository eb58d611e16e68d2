"""The end of a session, the same for both roles."""

from dataclasses import dataclass, replace

from bsw.chrgm.endings import Ending, SessionResult
from bsw.chrgm.finish import Finish
from bsw.trace import MemoryTrace, Trace


@dataclass
class Talking:
    """Stands for an initiator or a responder in the middle of a session."""

    finish: Finish
    place: str = "CurrentDemand"
    result: SessionResult | None = None

    def end(self, result: SessionResult) -> None:
        self.result = result
        self.finish.over(result)


class Place:
    def __init__(self) -> None:
        self.trace = MemoryTrace()
        self.told: list[SessionResult] = []
        self.finish = Finish(Trace(lambda: 0, (self.trace,)), self._close, self.told.append)

    def _close(self, result: SessionResult) -> SessionResult:
        self.finish.fail(Ending.CONNECTION_LOST, "closed while it ends")
        return replace(result, fault="PX01")

    def ends(self) -> list[str]:
        return [
            str(one.fields["ending"]) for one in self.trace.records if one.kind == "session-end"
        ]


def test_whoever_ends_it_first_is_right_and_what_closes_it_may_add_to_it() -> None:
    place = Place()
    place.finish.fail(Ending.NO_STATION, "nobody there")
    place.finish.end(SessionResult(Ending.LOCAL_ABORT))
    first = SessionResult(Ending.NO_STATION, detail="nobody there", fault="PX01")
    assert place.told == [first] == [place.finish.result]
    assert place.ends() == ["NO_STATION"]


def test_an_end_from_outside_goes_by_whoever_leads_the_talk_and_says_where() -> None:
    place = Place()
    place.finish.talk = talk = Talking(place.finish)
    place.finish.end(SessionResult(Ending.PILOT_FAULT))
    assert talk.result is not None
    assert talk.result.exchange == place.told[0].exchange == "CurrentDemand"
