"""A trace names its session beside the peer, once."""

from typing import Any

import pytest

from pilotwire import Bench


@pytest.mark.parametrize("side", ["vehicle", "station"])
def test_the_id_that_the_station_gave_stands_beside_the_peer(side: str) -> None:
    bench = Bench(soc=79.9, target=80.0).charge()
    bench.finish()
    named = [record.fields for record in bench.trace(side).records if record.kind == "session"]
    assert len(named) == 1
    setup = next(heard for heard in bench.messages("SessionSetupRes"))
    message: Any = setup.decoded.message
    assert named[0]["id"] == message.header.session_id.hex()
    assert str(named[0]["peer"]).startswith("[fe80::")
