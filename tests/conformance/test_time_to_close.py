"""A timer of just the limit is in time; what comes later, or never, is told with its time."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bsw.os.clock import MS, S
from tools.conformance import judge
from tools.conformance.bench import Deviation, Limits, Untimely
from tools.conformance.vehicle import judge as vehicle

NORM = Limits()


def closing(closed: int | None, limits: Limits = NORM) -> Any:  # noqa: ANN401
    def silent_until_closed(within: int) -> int | None:
        return closed if closed is not None and closed - 7 * S <= within else None

    made = SimpleNamespace(
        lab=SimpleNamespace(limits=limits), heard_at=7 * S, silent_until_closed=silent_until_closed
    )
    return cast("Any", made)


@pytest.mark.parametrize(
    ("closed", "limits"),
    [(7 * S, Limits()), (12 * S + 90 * MS, Limits()), (17 * S + 190 * MS, Limits(close=10 * S))],
)
def test_in_time(closed: int, limits: Limits) -> None:
    judge.closed_in_time(closing(closed, limits))


def test_late() -> None:
    with pytest.raises(Untimely, match=r"closed after 5\.3 s, 5 s are the limit"):
        judge.closed_in_time(closing(12 * S + 300 * MS))


def test_never() -> None:
    with pytest.raises(Deviation, match="stays open for more than 20 s"):
        judge.closed_in_time(closing(None))


@pytest.mark.parametrize(
    ("inside", "close", "most"),
    [(object(), 5 * S, vehicle.SAFE_WITHIN), (None, 5 * S, 5100 * MS), (None, 30 * S, 30600 * MS)],
)
def test_a_vehicle_of_somebody_else_closes_when_its_maker_says(
    inside: object, close: int, most: int
) -> None:
    lab = SimpleNamespace(limits=Limits(close=close), inside=inside)
    assert vehicle.closing(cast("Any", SimpleNamespace(lab=lab))) == most


def test_how_long_it_is_waited_for() -> None:
    waited: list[int] = []

    def wait(_reached: object, within: int, every: int) -> bool:
        waited.append(within - every)
        return True

    lab = SimpleNamespace(limits=Limits(), inside=None, wait=wait)
    assert vehicle.result(cast("Any", SimpleNamespace(lab=lab)), 4 * S) is None
    assert waited == [9100 * MS - 10 * MS]


@pytest.mark.parametrize(("within", "kind"), [(4 * S, Untimely), (60 * S, Deviation)])
def test_only_what_is_short_is_a_matter_of_milliseconds(within: int, kind: type) -> None:
    lab = SimpleNamespace(limits=Limits(), inside=None, wait=lambda *_words, every: every < 0)
    tester = cast("Any", SimpleNamespace(lab=lab, names=lambda: ["CurrentDemand"]))
    with pytest.raises(Deviation, match="last asked") as told:
        vehicle.result(tester, within)
    assert told.type is kind


def test_a_station_of_another_maker_may_be_a_little_off() -> None:
    assert judge.tolerance(65 * S) == 1300 * MS
    assert judge.tolerance(S) == 100 * MS


def silence_after_plug(*, knows_plug: bool) -> list[str]:
    unseen: list[str] = []
    lab = SimpleNamespace(
        limits=Limits(),
        knows_plug=knows_plug,
        unseen=unseen,
        run=lambda _time: None,
        energised=None,
    )
    end = SimpleNamespace(silent_until_closed=lambda _within: 16 * S)
    walk = cast("Any", SimpleNamespace(lab=lab, tester=end))
    judge.silent_end(walk, 18 * S, 0, since_plug=True)
    return unseen


def test_a_person_does_not_say_when_the_plug_went_in() -> None:
    assert "whether 18 s were waited for: a person plugged in" in silence_after_plug(
        knows_plug=False
    )


def test_a_plug_that_is_seen_to_go_in_does() -> None:
    with pytest.raises(Untimely, match=r"closed after 16\.0 s, before the limit"):
        silence_after_plug(knows_plug=True)
