"""The numbers of HomePlug Green PHY and ISO 15118-3, and keys made from passwords."""

import pytest

from bsw.slac.frames import frame, mme, vendor
from bsw.slac.keys import NetworkKey, device_key_from_password, nid_from_nmk, nmk_from_password
from bsw.slac.links import direct, modem, node
from bsw.slac.matching import ampmap, attenuation, rules, validation, vehicle


def test_lengths_and_counts_are_those_of_the_norm() -> None:
    assert bytes.fromhex("88e1") == frame.ETHERTYPE
    assert frame.SHORTEST == 60
    assert bytes.fromhex("ffffffffffff") == mme.BROADCAST
    assert (bytes(17), 58) == (mme.NO_ID, mme.GROUPS)
    assert (rules.MATCH_REQ_LENGTH, rules.MATCH_CNF_LENGTH) == (62, 86)
    assert ampmap.CARRIERS == 917
    assert (attenuation.HIGHEST, vehicle.STATIONS) == (255, 64)
    assert validation.STEP == 100
    assert [one.value for one in validation.Result] == [0, 1, 2, 3, 4]


def test_modems_and_their_makers_are_named_by_their_octets() -> None:
    assert (vendor.QUALCOMM.hex(), vendor.LUMISSIL.hex()) == ("00b052", "0016e8")
    assert vendor.LOCAL_MODEM.hex() == "00b052000001"
    assert frozenset({0, 4}) == modem.BOOTING
    assert bytes(6) == direct.ANYBODY
    assert (node.MOST_DISCARDED, node.MODEM_RETRY) == (8, 1_000)


def test_the_password_of_every_new_modem_makes_the_keys_that_every_modem_knows() -> None:
    """``HomePlugAV`` is the password out of the box."""
    nmk = nmk_from_password("HomePlugAV")
    assert nmk.hex() == "50d3e4933f855b7040784df815aa8db7"
    assert nid_from_nmk(nmk).hex() == "b0f2e695666b03"
    assert nid_from_nmk(nmk, 1).hex() == "b0f2e695666b13"
    key = NetworkKey.from_password("HomePlugAV")
    assert (key.nmk, key.nid) == (nmk, nid_from_nmk(nmk))
    assert "50d3" not in repr(key)
    assert len(device_key_from_password("HomePlugAV")) == 16
    assert device_key_from_password("HomePlugAV") != nmk


@pytest.mark.parametrize(
    ("steps", "octets"),
    [((), ""), ((1,), "01"), ((1, 2), "21"), ((15, 0, 7), "0f07"), ((0, 15), "f0")],
)
def test_two_carriers_share_an_octet(steps: tuple[int, ...], octets: str) -> None:
    assert ampmap.packed(steps).hex() == octets
    assert ampmap.unpacked(bytes.fromhex(octets), len(steps)) == steps
