"""Every combination that is defined - protocol, energy, payment, security - in simulation and over
real sockets; and on each kind of network a session with everything in it.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bsw.chrgm.endings import Ending
from bsw.os.clock import MS, S
from evcc.vehicle import Intent
from secc.api.literals import PaymentOption
from tests.net import worlds
from tools.bench.world.network import QUICK, NetRig, Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today

AC1, AC3, DC = "AC_single_phase_core", "AC_three_phase_core", "DC_extended"
CONTRACT, EXTERNAL = PaymentOption.CONTRACT, PaymentOption.EXTERNAL

COMBINATIONS = [
    ("din", DC, EXTERNAL, "plain"),
    *(("iso2", mode, EXTERNAL, "plain") for mode in (AC1, AC3, DC)),
    *(("iso2", mode, EXTERNAL, "tls") for mode in (AC1, AC3, DC)),
    *(("iso2", mode, CONTRACT, "tls") for mode in (AC1, AC3, DC)),
]
"""DIN knows neither TLS nor contracts, and a contract is paid over TLS only."""


@pytest.fixture(params=worlds.KINDS)
def world(request: pytest.FixtureRequest) -> Iterator[worlds.World]:
    with worlds.world(request.param) as made:
        yield made


@pytest.fixture
def sdp_port(worker_id: str) -> int:
    """Multicast on loopback is shared by all test processes: each asks on a port of its own."""
    return 25_218 + (int(worker_id.removeprefix("gw")) if worker_id != "master" else 0)


def secure(world: worlds.World, options: Options, *, contract: bool = True) -> Options:
    """The same with a PKI, TLS on both sides, a wallet and a desk."""
    return by(Crypto(Today(world.scheduler), world.worker, contract=contract), options)


def by(crypto: Crypto, options: Options) -> Options:
    return replace(
        options,
        vehicle_tls=crypto.vehicle_tls,
        station_tls=crypto.station_tls,
        wallet=crypto.wallet,
        desk=crypto.desk,
        certificate_service=True,
    )


@pytest.mark.parametrize(("protocol", "mode", "payment", "security"), COMBINATIONS)
def test_it_charges(
    world: worlds.World,
    sdp_port: int,
    protocol: str,
    mode: str,
    payment: PaymentOption,
    security: str,
) -> None:
    options = Options(
        protocols=(protocol,), mode=mode, ratings=QUICK, payment=(payment,), sdp_port=sdp_port
    )
    if security == "tls":
        options = secure(world, options)
    rig = NetRig(world, options)
    rig.plug_in()
    rig.full_after(2 * S)
    rig.run(20 * S)
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    names = rig.names()
    assert ("PaymentDetailsReq" in names) is (payment is CONTRACT)
    loop = "CurrentDemandReq" if mode == DC else "ChargingStatusReq"
    assert names.count(loop) > 5
    assert names[-1] == "SessionStopReq"
    assert rig.plug.state == "B"
    assert rig.state.contactors_closed is not True


@pytest.mark.parametrize("mode", [AC3, DC])
def test_a_contract_is_delivered_then_all_that_can_happen_happens(
    world: worlds.World, sdp_port: int, mode: str
) -> None:
    """Installation, receipts, renegotiation, pause, and the same session again."""
    options = Options(mode=mode, ratings=QUICK, payment=(CONTRACT, EXTERNAL), sdp_port=sdp_port)
    rig = NetRig(world, secure(world, options, contract=False))
    rig.plug_in()

    def after(delay: int, act: object) -> None:
        rig.scheduler.after(delay, act, name="happening")  # type: ignore[arg-type]  # lambdas

    charging = "CurrentDemandReq" if mode == DC else "ChargingStatusReq"

    def begin() -> None:
        if charging not in rig.names():
            return
        look.stop()
        after(200 * MS, lambda: rig.charger.receipt_is_required(receipt_required=True))
        after(600 * MS, rig.charger.renegotiate)
        after(2000 * MS, lambda: setattr(rig.state, "intent", Intent.PAUSE))

    look = rig.scheduler.every(10 * MS, begin, name="look", offset=0)
    rig.run(30 * S)
    assert rig.ending("vehicle") is rig.ending("station") is Ending.PAUSED
    names = rig.names()
    assert "CertificateInstallationReq" in names
    assert "MeteringReceiptReq" in names
    assert names.count("ChargeParameterDiscoveryReq") >= 2
    first = rig.vehicle_memory.load()
    assert first is not None

    rig.state.intent = Intent.CHARGE
    rig.drive()
    rig.full_after(2 * S)
    rig.run(30 * S)
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED
    assert rig.stations[-1].record.session_id == first.session_id
    assert rig.names().count("CertificateInstallationReq") == 1


def test_a_contract_that_ends_soon_is_renewed_and_pays(world: worlds.World, sdp_port: int) -> None:
    crypto = Crypto(Today(world.scheduler), world.worker, contract=False)
    crypto.desks.days = 3
    options = by(crypto, Options(ratings=QUICK, payment=(CONTRACT,), sdp_port=sdp_port))
    first = NetRig(world, options)
    first.plug_in()
    first.full_after(2 * S)
    first.run(30 * S)
    assert first.ending("vehicle") is Ending.TERMINATED
    first.outlet.close()
    first.electronics.stop()
    world.run_for(200 * MS)

    crypto.desks.days = 700
    profile = replace(options.vehicle_profile, update_before=2 * 86_400)
    second = NetRig(world, replace(options, vehicle_profile=profile))
    second.plug_in()
    second.full_after(2 * S)
    second.run(30 * S)
    assert second.ending("vehicle") is second.ending("station") is Ending.TERMINATED
    assert "CertificateUpdateReq" in second.names()
    assert len(crypto.desks.given) == 2
