"""A vehicle that asks for TLS at stations that have less."""

from dataclasses import replace

import pytest

from bsw.chrgm.applications import applications_of
from bsw.chrgm.endings import Ending
from bsw.os.clock import S
from bsw.sdp.messages import Security
from evcc.config import WithoutTls
from evcc.session.discovery import search_rules
from evcc.session.results import result_on_can
from tests.net import worlds
from tests.session.test_from_the_plug import Place
from tests.session.test_plug_and_charge import Shop
from tools.bench.world.network import NetRig, Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today

OFFERED = ("iso2", "din")


def at_a_plain_station(rule: WithoutTls, **changes: object) -> NetRig:
    shop = Shop()
    options = replace(shop.options, station_tls=None, protocols=OFFERED, without_tls=rule)
    rig = NetRig(shop.world, replace(options, **changes))  # type: ignore[arg-type]  # named below
    rig.plug_in()
    rig.full_after(20 * S)
    return rig


@pytest.mark.parametrize("served", [("iso2",), ("din",), ("iso2", "din")])
def test_by_default_a_car_with_a_contract_charges_where_there_is_no_tls(
    served: tuple[str, ...],
) -> None:
    """With external payment: nothing is signed over plain TCP, no contract is shown."""
    rig = at_a_plain_station("external", served=served)
    rig.run()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert not rig.charger.last("ev_info").tls
    signed = {"PaymentDetailsReq", "CertificateInstallationReq", "CertificateUpdateReq"}
    assert not signed.intersection(rig.names())


def test_a_market_may_refuse_and_the_ending_says_that_a_station_was_found() -> None:
    rig = at_a_plain_station("refuse")
    assert isinstance(rig.world, worlds.World)
    rig.world.run_until(lambda: rig.results, 30 * S)
    (result,) = rig.results
    assert result.ending is Ending.LESS_SECURITY
    assert "station found" in str(result)
    assert "session.without_tls" in result.detail
    assert not rig.names()
    assert result_on_can(result).value == "ProtocolNegotiationFailed"


def test_where_there_is_tls_it_is_used_whatever_the_rule() -> None:
    for rule in ("external", "refuse"):
        shop = Shop()
        shop.options = replace(shop.options, without_tls=rule, protocols=OFFERED)
        rig = shop.run()
        assert rig.ending("vehicle") is Ending.TERMINATED
        assert rig.charger.last("ev_info").tls
        assert "PaymentDetailsReq" in rig.names()


@pytest.mark.parametrize("rule", ["external", "refuse"])
def test_a_station_with_nothing_but_din_behind_its_tls(rule: WithoutTls) -> None:
    """DIN is never spoken over TLS; the next try on this plug asks for none."""

    def options(world: worlds.World) -> Options:
        crypto = Crypto(Today(world.scheduler), world.worker)
        return Options(
            protocols=OFFERED,
            served=("din",),
            without_tls=rule,
            vehicle_tls=crypto.vehicle_tls,
            station_tls=crypto.station_tls,
        )

    place = Place(options=options)
    place.rig.tls_in_vain = lambda: place.manager.tls_in_vain
    place.cable.plug()
    place.rig.full_after(60 * S)
    tries = 2 if rule == "external" else 3
    place.ended(tries)
    endings = [result.ending for result in place.manager.results]
    if rule == "external":
        assert endings == [Ending.NO_PROTOCOL, Ending.TERMINATED]
    else:
        assert endings == [Ending.NO_PROTOCOL] * 3


def test_a_car_that_speaks_din_alone_does_not_ask_for_what_din_has_not() -> None:
    din, both = applications_of(["din"]), applications_of(OFFERED)
    assert search_rules(din, "external", tls=True).ask is Security.NONE
    assert search_rules(both, "external", tls=True).ask is Security.TLS
    assert search_rules(both, "external", tls=False).ask is Security.NONE
    assert search_rules(both, "refuse", tls=True, in_vain=True).ask is Security.TLS
