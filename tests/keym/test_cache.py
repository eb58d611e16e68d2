"""What was worked out once is not worked out again, within a bound."""

from types import SimpleNamespace
from typing import Any

from keym.judging.cache import Memory


class Link:
    """A certificate that counts how often its signature is asked for."""

    def __init__(self, name: bytes, *, good: bool = True) -> None:
        self.der, self.spki, self.good, self.asked = name, name, good, 0

    def signed_by(self, _issuer: object) -> bool:
        self.asked += 1
        return self.good


def known(cache: Memory, one: Any, other: Any) -> bool:  # noqa: ANN401 - stands for certificates
    return cache.knows(one, other)


def signed(cache: Memory, one: Any, other: Any) -> bool:  # noqa: ANN401 - as above
    return cache.signed_by(one, other)


def test_a_signature_is_judged_once_good_or_bad() -> None:
    cache = Memory(2)
    root = SimpleNamespace(spki=b"root")
    for good in (True, False):
        one = Link(b"leaf" + bytes((good,)), good=good)
        assert not known(cache, one, root)
        assert [signed(cache, one, root) for _ in range(3)] == [good] * 3
        assert known(cache, one, root)
        assert not known(cache, one, SimpleNamespace(spki=b"other"))
        assert one.asked == 1


def test_the_oldest_is_forgotten_when_there_is_no_room() -> None:
    cache = Memory(2)
    root = SimpleNamespace(spki=b"root")
    links = [Link(bytes((number,))) for number in range(3)]
    for one in links:
        signed(cache, one, root)
    assert [known(cache, one, root) for one in links] == [False, True, True]
