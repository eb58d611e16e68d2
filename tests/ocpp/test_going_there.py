"""Addresses, identities, offers and how long a station waits before it tries again."""

from itertools import pairwise

import pytest

from bsw.os.clock import S
from csm.randomness import SeededRandomness
from ocpp.address import AddressUnusable, BackendAddress, backend_address, identity_of
from ocpp.backoff import BackOff, BackOffRules, Offers
from ocpp.versions import NEWEST_FIRST, Version


@pytest.mark.parametrize(
    ("url", "identity", "address", "authority"),
    [
        ("ws://h", "A", BackendAddress(False, "h", 80, "/A"), "h"),
        ("wss://h/", "A", BackendAddress(True, "h", 443, "/A"), "h"),
        ("wss://H:80/x/y", "A B", BackendAddress(True, "h", 80, "/x/y/A%20B"), "h:80"),
        ("ws://[::1]:9/o", "Ä", BackendAddress(False, "::1", 9, "/o/%C3%84"), "[::1]:9"),
        ("ws://1.2.3.4", "A%", BackendAddress(False, "1.2.3.4", 80, "/A%25"), "1.2.3.4"),
    ],
)
def test_a_url_and_an_identity_give_a_place(
    url: str, identity: str, address: BackendAddress, authority: str
) -> None:
    found = backend_address(url, identity)
    assert found == address
    assert found.authority == authority
    assert identity_of(found.path) == identity


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h",
        "http://h",
        "ws://",
        "ws://h:99999",
        "ws://u:p@h",
        "ws://h?a=b",
        "ws://h#x",
        "ws://h\n/",
    ],
)
def test_what_is_no_place_of_a_back_end_is_refused(url: str) -> None:
    with pytest.raises(AddressUnusable):
        backend_address(url, "A")


@pytest.mark.parametrize("identity", ["", "a:b", "a/b", "x" * 49, "a\nb"])
def test_what_is_no_identity_is_refused(identity: str) -> None:
    with pytest.raises(AddressUnusable, match="CS-0001"):
        backend_address("ws://h", identity)


@pytest.mark.parametrize("path", ["/", "/ocpp/", "/ocpp/a%3Ab", "/ocpp/a%2Fb", "/" + "x" * 49])
def test_a_path_without_an_identity_has_none(path: str) -> None:
    assert identity_of(path) is None


def test_the_wait_doubles_as_often_as_set_with_a_new_random_part_each_time() -> None:
    rules = BackOffRules(minimum=10 * S, random_range=4 * S, repeats=3)
    back_off = BackOff(rules, SeededRandomness(1))
    bases = [10 * S, 20 * S, 40 * S] + [80 * S] * 197
    waits = [back_off.wait() for _ in bases]
    parts = [wait - base for wait, base in zip(waits, bases, strict=True)]
    assert all(0 <= part <= 4 * S for part in parts)
    assert max(parts) > 3 * S
    assert min(parts) < S
    assert sum(one != other for one, other in pairwise(parts)) > 190
    back_off.connected()
    assert 10 * S <= back_off.wait() <= 14 * S


def test_no_random_part_is_a_wait_without() -> None:
    back_off = BackOff(BackOffRules(minimum=S, random_range=0, repeats=0), SeededRandomness(1))
    assert [back_off.wait() for _ in range(3)] == [S, S, S]


def test_all_versions_are_offered_at_once_until_a_server_cannot_pick() -> None:
    offers = Offers()
    seen = []
    for _ in range(5):
        seen.append(offers.next())
        offers.not_understood()
    everything = NEWEST_FIRST
    alone = [(version,) for version in (Version.V21, Version.V201, Version.V16)]
    assert seen == [everything, *alone, everything]


def test_a_single_wish_stays_the_only_offer() -> None:
    offers = Offers((Version.V16,))
    offers.not_understood()
    assert offers.next() == (Version.V16,)
