"""What the simulated plug says is a line with an object, or it is refused with a reason."""

from typing import Any

import pytest

from bsw.plug.wire import LONGEST, BrokenLine, Lines


def test_an_object_may_come_in_pieces() -> None:
    heard: list[dict[str, Any]] = []
    lines = Lines(heard.append)
    for octets in (b'{"pilot"', b': [1]}\n{"', b'frame": ""}\n'):
        lines.feed(octets)
    assert heard == [{"pilot": [1]}, {"frame": ""}]


@pytest.mark.parametrize(
    "octets",
    [b"[1]\n", b"{\n", b"\xff\n", b"[" * 60_000 + b"\n", b"x" * (LONGEST + 1)],
    ids=["no object", "no end", "no text", "nested without end", "no line"],
)
def test_anything_else_is_refused(octets: bytes) -> None:
    with pytest.raises(BrokenLine):
        Lines(lambda _message: None).feed(octets)
