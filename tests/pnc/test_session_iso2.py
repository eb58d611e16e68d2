"""Whole Plug & Charge sessions of ISO 15118-2: TLS, delivery, contract, charging, in virtual time.

The vehicle's keys lie in a simulated token, and once more in a real one.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bsw.chrgm.endings import Ending
from bsw.crypto import KeyType
from bsw.dlt import silent
from bsw.os.clock import MS, S
from bsw.os.worker import SimulatedWorker
from bsw.tls.config import TlsConfig
from bsw.tls.port import Credential, TlsProfile
from bsw.tls.station import StationTls
from bsw.tls.vehicle import VehicleTls
from csm.cryif import CryIf
from csm.driver import CryptoDriver
from csm.drivers.pkcs11 import Pkcs11Driver
from csm.drivers.simulated import SimulatedDriver
from csm.errors import TokenRemoved
from csm.handles import KeyHandle
from csm.jobs import Csm
from csm.randomness import SeededRandomness
from csm.signing import KeySigner
from evcc.contract.contracts import KeymWallet
from keym.calendar import Moment
from keym.config import KeymConfig
from keym.keeping.shelf import MemoryShelf
from keym.provisioning.provider import Contract, Provider
from keym.wiring import Keym, open_keym
from keym.x509.certificate import parse
from keym.x509.edition import Edition
from keym.x509.profile import RootKind, Use
from secc.api.literals import PaymentOption
from secc.contract.contracts import StationContracts
from tests.net import worlds
from tests.pnc.world import private
from tools.bench.world.network import QUICK, NetRig, Options
from tools.bench.world.plug import Today
from tools.pki.maker import EMAID_WITH_DIGIT, Pki, make
from tools.pki.recipe import Entity
from tools.pki.status import ocsp_response

AT = datetime.fromtimestamp(1_790_000_000, tz=timezone.utc)


@dataclass
class Calendar:
    """The rig's calendar, as certificates ask for it."""

    today: Today

    def moment(self) -> Moment:
        return Moment(datetime.fromtimestamp(self.today.unix(), tz=timezone.utc))


@dataclass
class BackEnd:
    """Makes a fresh contract for whoever asks, unless told not to."""

    pki: Pki
    willing: bool = True
    made: list[Entity] = field(default_factory=list)

    def for_vehicle(self, certificate: bytes) -> Contract | None:
        if not self.willing:
            return None
        entity = self.pki.issue("made", self.pki.recipe("contract"), "mo_sub2")
        self.made.append(entity)
        return Contract(entity.chain, private(entity), EMAID_WITH_DIGIT)

    def renewed(self, emaid: str) -> Contract | None:
        return self.for_vehicle(b"")


class Bench:
    """Vehicle and station with certificates and keys of their own."""

    def __init__(self, world: worlds.World, token: CryptoDriver) -> None:
        self.world = world
        self.pki = make(Edition.ISO2, AT, KeyType.P256)
        self.calendar = Calendar(Today(world.scheduler))
        self.token = token
        self.back_end = BackEnd(self.pki)
        self.vehicle_csm = self._csm(CryIf([token]))
        self.station_keys = CryIf([SimulatedDriver(SeededRandomness("station"), name="station")])
        self.station_csm = self._csm(self.station_keys)
        self.vehicle = self._keym("vehicle", RootKind.V2G)
        self.station = self._keym("station", RootKind.V2G, RootKind.OEM, RootKind.MO)
        self.keep(self.vehicle, Use.PROVISIONING, "provisioning", CryIf([token]))
        self.keep(self.station, Use.SECC, "secc", self.station_keys)

    def _csm(self, keys: CryIf) -> Csm:
        scheduler = self.world.scheduler
        delay = {"sign": 3 * MS}
        return Csm(
            scheduler,
            keys,
            lambda _: SimulatedWorker(scheduler, lambda job: delay.get(job.split()[0], MS)),
        )

    def _keym(self, name: str, *kinds: RootKind) -> Keym:
        keym = open_keym(
            KeymConfig(),
            self.world.scheduler,
            self.calendar,
            SeededRandomness(name),
            shelf=MemoryShelf(),
        )
        for kind in kinds:
            keym.store.add_root(kind, self.pki.root(kind).der)
        return keym

    def keep(
        self, keym: Keym, use: Use, name: str, keys: CryIf, entity: Entity | None = None
    ) -> KeyHandle:
        """Put a test key into a store and its chain beside it."""
        found = entity or self.pki[name]
        handle = keys.drivers[0].handle(f"{name}-0")
        with private(found) as key:
            keys.import_private(handle, key)
        keym.store.add(use, Edition.ISO2, found.chain, handle)
        return handle

    def options(self) -> Options:
        station = self._station_tls()
        config = TlsConfig(profiles=(TlsProfile.ISO2,))
        vehicle = VehicleTls(config, self.vehicle.trust(Use.SECC))
        return Options(
            ratings=QUICK,
            vehicle_tls=vehicle.engine,
            station_tls=station.engine,
            plain=False,
            wallet=self._wallet(),
            desk=self._desk(),
            payment=(PaymentOption.CONTRACT, PaymentOption.EXTERNAL),
            certificate_service=True,
        )

    def _station_tls(self) -> StationTls:
        secc = self.pki["secc"]
        (shown,) = self.station.tls_credentials(Use.SECC, self._station_signer)
        stapled = replace(shown, staple=lambda: ocsp_response(secc, self.calendar.moment().at))
        credentials: list[Credential] = [stapled]
        trust = self.station.trust(Use.VEHICLE)
        return StationTls(TlsConfig(profiles=(TlsProfile.ISO2,)), trust, credentials)

    def _station_signer(self, key: KeyHandle) -> KeySigner:
        return KeySigner(key, self.station_keys.public_key(key), self.station_csm.sign_now)

    def _wallet(self) -> KeymWallet:
        return KeymWallet(
            self.vehicle,
            self.vehicle_csm.keys,
            self._vehicle_signer,
            self.world.worker,
            silent().logger("wallet"),
        )

    def _vehicle_signer(self, key: KeyHandle) -> KeySigner:
        keys = self.vehicle_csm.keys
        return KeySigner(key, keys.public_key(key), self.vehicle_csm.sign_now)

    def _desk(self) -> StationContracts:
        cps = self.pki["cps"]
        handle = self.station_keys.drivers[0].handle("cps-0")
        with private(cps) as key:
            self.station_keys.import_private(handle, key)
        provider = Provider(
            cps.chain,
            self._station_signer(handle),
            self.station.judge,
            SeededRandomness("provider"),
            self.pki["provisioning"].chain[1:],
        )
        return StationContracts(
            self.station.judge,
            self.calendar.today,
            self.world.worker,
            silent().logger("desk"),
            provider=provider,
            contracts=self.back_end,
        )

    def drive(self) -> NetRig:
        rig = NetRig(self.world, self.options())
        rig.plug_in()
        rig.full_after(5 * S)
        return rig.run(60 * S)

    def contracts(self) -> list[KeyHandle]:
        return [one.key for one in self.vehicle.store.credentials(Use.CONTRACT)]


@pytest.fixture
def world() -> Iterator[worlds.World]:
    with worlds.world("simulated") as made:
        yield made


@pytest.fixture
def bench(world: worlds.World) -> Bench:
    return Bench(world, SimulatedDriver(SeededRandomness("vehicle"), name="sim"))


def test_a_vehicle_without_a_contract_gets_one_and_pays_with_it(bench: Bench) -> None:
    rig = bench.drive()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED, rig.results
    names = rig.names()
    assert names.index("CertificateInstallationReq") < names.index("PaymentDetailsReq")
    assert "CurrentDemandReq" in names
    (kept,) = bench.vehicle.store.credentials(Use.CONTRACT)
    assert kept.ders == bench.back_end.made[0].chain
    assert bench.token.public_key(kept.key).spki() == kept.leaf.spki


def test_a_vehicle_with_a_contract_pays_with_it(bench: Bench) -> None:
    bench.keep(bench.vehicle, Use.CONTRACT, "contract", bench.vehicle_csm.keys)
    rig = bench.drive()
    assert rig.ending("vehicle") is Ending.TERMINATED, rig.results
    assert "CertificateInstallationReq" not in rig.names()
    assert "PaymentDetailsReq" in rig.names()
    assert bench.back_end.made == []


def test_a_contract_that_ends_soon_is_renewed_and_its_key_deleted(bench: Bench) -> None:
    recipe = bench.pki.recipe("contract")
    short = replace(recipe, valid_until=AT + timedelta(hours=20))
    entity = bench.pki.issue("old", short, "mo_sub2")
    old = bench.keep(bench.vehicle, Use.CONTRACT, "contract", bench.vehicle_csm.keys, entity)
    rig = bench.drive()
    assert rig.ending("vehicle") is Ending.TERMINATED, rig.results
    assert "CertificateUpdateReq" in rig.names()
    (kept,) = bench.vehicle.store.credentials(Use.CONTRACT)
    assert kept.ders == bench.back_end.made[0].chain
    assert kept.key != old
    assert old not in {line.handle for line in bench.token.stored()}


def test_without_a_contract_for_it_the_vehicle_is_refused_by_name(bench: Bench) -> None:
    bench.back_end.willing = False
    rig = bench.drive()
    result = rig.results[-1]
    assert result.exchange == "CertificateInstallation"
    assert result.code == "FAILED_NoCertificateAvailable"
    assert bench.contracts() == []


def test_a_token_that_goes_in_mid_session_ends_it_by_name(bench: Bench) -> None:
    assert isinstance(bench.token, SimulatedDriver)
    bench.token.faults.order("sign", TokenRemoved("sim"), after=2)  # request, probe, then not
    rig = bench.drive()
    result = rig.results[-1]
    assert result.ending is Ending.KEY_FAULT
    assert "the token is gone: sim" in result.detail
    assert rig.state.contactors_closed is False


def test_a_whole_session_runs_with_a_real_token(
    world: worlds.World, make_token: Callable[..., Pkcs11Driver]
) -> None:
    token = make_token()
    bench = Bench(world, token)
    rig = bench.drive()
    assert rig.ending("vehicle") is rig.ending("station") is Ending.TERMINATED, rig.results
    (kept,) = bench.vehicle.store.credentials(Use.CONTRACT)
    (line,) = [line for line in token.stored() if line.handle == kept.key]
    assert not line.extractable
    assert parse(kept.ders[0]).spki == token.public_key(kept.key).spki()


def test_a_session_whose_token_is_deleted_ends_with_the_named_fault(
    world: worlds.World, make_token: Callable[..., Pkcs11Driver], tmp_path: Path
) -> None:
    """The folder goes after the contract was shown and before it has to sign."""
    token = make_token()
    bench = Bench(world, token)
    bench.keep(bench.vehicle, Use.CONTRACT, "contract", bench.vehicle_csm.keys)
    rig = NetRig(world, bench.options())

    def look() -> None:
        if "PaymentDetailsReq" in rig.names():
            watch.stop()
            shutil.rmtree(tmp_path / "softhsm" / "tokens")

    watch = world.scheduler.every(MS // 10, look, name="thief", offset=0)
    rig.plug_in()
    rig.run(60 * S)
    result = rig.results[-1]
    assert result.ending is Ending.KEY_FAULT
    assert "the token is gone" in result.detail
    assert "CurrentDemandReq" not in rig.names()
