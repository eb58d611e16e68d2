"""Network keys and their identifiers, as devices in the field compute them."""

import pytest

from bsw.slac.keys import NetworkKey, device_key_from_password, nid_from_nmk, nmk_from_password
from csm.randomness import SeededRandomness


@pytest.mark.parametrize(
    ("password", "nmk"),
    [
        ("HomePlugAV", "50d3e4933f855b7040784df815aa8db7"),
        ("HomePlugAV0123", "b59319d7e8157ba001b018669ccee30d"),
        ("EVerest", "f70f4e022bb1081bcba1a09df6e08f6b"),
    ],
)
def test_a_password_gives_the_key_that_modems_derive(password: str, nmk: str) -> None:
    assert nmk_from_password(password).hex() == nmk


@pytest.mark.parametrize(
    ("nmk", "nid"),
    [
        ("50d3e4933f855b7040784df815aa8db7", "b0f2e695666b03"),
        ("b59319d7e8157ba001b018669ccee30d", "026bcba5354e08"),
        ("3452235445aef2d455feff31a3b303ad", "b1c913b5aa0702"),
        ("101112131415161718191a1b1c1d1e1f", "3d94a6a868ad0a"),
    ],
)
def test_a_key_gives_the_identifier_that_modems_derive(nmk: str, nid: str) -> None:
    assert nid_from_nmk(bytes.fromhex(nmk)).hex() == nid


def test_an_identifier_has_54_bits() -> None:
    chance = SeededRandomness(1)
    assert all(NetworkKey.fresh(chance).nid[6] < 0x40 for _ in range(200))


def test_the_device_key_is_another_one() -> None:
    assert device_key_from_password("HomePlugAV") != nmk_from_password("HomePlugAV")


def test_fresh_keys_differ() -> None:
    chance = SeededRandomness(1)
    assert len({NetworkKey.fresh(chance).nmk for _ in range(100)}) == 100


def test_a_key_does_not_print_itself() -> None:
    key = NetworkKey.from_password("HomePlugAV")
    assert key.nmk.hex() not in repr(key)
    assert repr(key.nmk) not in repr(key)
