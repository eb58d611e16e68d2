"""A turn of the charge loop costs what changed: nothing is built to find that it is as it was."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest
from pydantic import BaseModel

from can_adapter.signals.transmit import Outbound
from secc.api.objects import Power
from tools.bench.world.whole import Bench

SECONDS = 3.0


class Built:
    """Objects as they are made, by what they are; and those that are like the one before."""

    def __init__(self) -> None:
        self.made: dict[object, list[object]] = defaultdict(list)

    def note(self, kind: object, one: object) -> None:
        self.made[kind].append(one)

    @property
    def in_vain(self) -> dict[object, int]:
        found = {
            kind: sum(one == other and one is not other for one, other in pairwise(made))
            for kind, made in self.made.items()
        }
        return {kind: count for kind, count in found.items() if count}


def charging() -> Bench:
    bench = Bench().start()
    bench.run(1.0)
    bench.plug()
    bench.run(30.0)
    return bench


def test_no_part_and_no_object_of_the_north_side_is_built_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, built = charging(), Built()
    make, publish = BaseModel.__init__, Outbound.publish

    def made(one: BaseModel, /, **values: Any) -> None:  # noqa: ANN401 - its fields
        make(one, **values)
        if not isinstance(one, Power):  # it is said within a meter's values, which have changed
            built.note(type(one), one)

    def published(outbound: Outbound[Any], part: object) -> None:
        built.note((id(outbound), type(part)), part)
        publish(outbound, part)

    monkeypatch.setattr(BaseModel, "__init__", made)
    monkeypatch.setattr(Outbound, "publish", published)
    turns = len(bench.station_trace.records)
    bench.run(SECONDS)
    assert len(bench.station_trace.records) - turns >= 20 * SECONDS, "ten turns a second"
    assert built.made
    assert built.in_vain == {}
