"""A wire of ISO 15118-20 in virtual time: our own roles whole, with TLS 1.3, before a tester.

Most cases ask our engines without a connection, which is cheaper; what is about octets and
connections is played here.  Where the set-up names a bench of somebody else, it is played there.
"""

from dataclasses import replace
from typing import Final

from bsw.chrgm.protocols import ISO20
from keym.x509.edition import Edition
from tools.bench.world.network import Options
from tools.bench.world.pki import Crypto
from tools.bench.world.plug import Today
from tools.conformance.bench import Setup, StationBench
from tools.conformance.lab import StationLab
from tools.conformance.newer.outside import WireVehicle
from tools.conformance.newer.setup import NewerSetup
from tools.conformance.newer.wire_rig import WireRig
from tools.conformance.vehicle.bench import VehicleBench, VehicleSetup
from tools.conformance.vehicle.lab import VehicleLab

PLUGGED: Final = tuple(
    one.name for one in ISO20.applications if one.name in {"iso20-dc", "iso20-ac"}
)


class NewerStationLab(StationLab):
    """Our station with both plain services."""

    def _crypto(self) -> Crypto:
        return Crypto(Today(self.scheduler), self.world.worker, edition=Edition.ISO20)

    def _options(self) -> Options:
        return replace(super()._options(), served=PLUGGED)


class NewerVehicleLab(VehicleLab):
    def _crypto(self) -> Crypto:
        return Crypto(Today(self.scheduler), self.world.worker, edition=Edition.ISO20)

    def _options(self) -> Options:
        return replace(super()._options(), protocols=PLUGGED)


def station_bench(setup: NewerSetup) -> StationBench:
    if setup.bench is None:
        return NewerStationLab(Setup(mode=setup.mode, tls=True))
    bench: StationBench = setup.bench(replace(setup))
    return bench


def vehicle_at(setup: NewerSetup, lab: StationBench) -> WireVehicle:
    """Connected, before SessionSetup."""
    return WireVehicle(setup, "scheduled", lab)


def station_at(setup: NewerSetup) -> WireRig:
    """Our engine as the station before a vehicle, which is not plugged in yet."""
    lab: VehicleBench
    if setup.bench is None:
        lab = NewerVehicleLab(VehicleSetup(mode=setup.mode, tls=True))
    else:
        lab = setup.bench(setup)
    return WireRig(setup, lab)
