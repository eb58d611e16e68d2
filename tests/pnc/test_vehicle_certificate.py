"""Which TLS the two roles offer, by what is in their stores: the vehicle certificate decides."""

import pytest

from bsw.base import CannotStart
from bsw.tls.port import TlsReason
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import Use
from tests.pnc.sides import Sides
from tools.pki.maker import EVCCID


def test_a_vehicle_shows_its_certificate_where_the_station_speaks_the_newer_edition() -> None:
    sides = Sides(served=("iso20-dc", "iso2"))
    facts = sides.facts("iso20-dc", "iso2", "din")
    assert facts.version == "TLSv1.3"
    shown = parse(facts.peer_chain[0])
    assert shown.subject.common_name == EVCCID == sides.vehicle.evccid()
    assert facts.peer_roots, "the vehicle names its roots [V2G20-1006]"


def test_it_shows_none_where_the_station_speaks_the_older_one_alone() -> None:
    facts = Sides(served=("iso2", "din")).facts("iso20-dc", "iso2", "din")
    assert facts.version == "TLSv1.2"
    assert facts.peer_chain == ()


def test_a_station_with_certificates_for_both_serves_what_is_spoken_there() -> None:
    """A SECC certificate of ISO 15118-20 in the store does not make a station of it."""
    sides = Sides(served=("iso2",))
    _, refused = sides.shake("iso20-dc")
    assert refused.failure is not None
    assert refused.failure.reason is TlsReason.NO_COMMON_SUITE


def test_without_a_vehicle_certificate_the_older_edition_is_offered_alone() -> None:
    sides = Sides(without={Use.VEHICLE}, served=("iso20-dc", "iso2"))
    assert sides.vehicle.evccid() == ""
    assert sides.facts("iso20-dc", "iso2").version == "TLSv1.2"
    (told,) = [one for one in sides.base.log.records() if one.event == "no vehicle certificate"]
    assert "v2g pki install --role evcc" in str(told.fields["remedy"])


def test_without_one_and_nothing_else_to_speak_the_station_says_what_is_missing() -> None:
    _, station = Sides(without={Use.VEHICLE}, served=("iso20-dc",)).shake("iso20-dc")
    assert station.failure is not None
    assert station.failure.reason is TlsReason.NO_PEER_CERTIFICATE


def test_an_expired_vehicle_certificate_counts_as_none() -> None:
    sides = Sides(later=5 * 365 * 86_400, served=("iso2",))
    assert sides.vehicle.evccid() == ""


def test_a_station_of_the_newer_edition_needs_a_certificate_of_it() -> None:
    with pytest.raises(CannotStart, match=r"tls\.profiles: no SECC certificate"):
        Sides((Edition.ISO2,), served=("iso20-dc",))


def test_a_vehicle_key_out_of_reach_costs_the_newer_edition_and_not_the_charge() -> None:
    sides = Sides(served=("iso20-dc", "iso2"))
    driver = sides.vehicle.drivers.drivers[0]
    (key,) = [line.handle for line in driver.stored() if line.handle.label.startswith("vehicle")]
    driver.delete(key)
    assert sides.facts("iso20-dc", "iso2").version == "TLSv1.2"


def test_a_station_that_speaks_nothing_over_tls_says_so_at_its_start() -> None:
    with pytest.raises(CannotStart, match=r"session\.tls: din is not spoken over the TLS"):
        Sides(served=("din",))


def test_a_vehicle_that_speaks_nothing_over_tls_still_answers_a_station_that_has_nothing_else() -> (
    None
):
    assert Sides(served=("iso2",)).facts("din").version == "TLSv1.2"
