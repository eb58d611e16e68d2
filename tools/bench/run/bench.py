"""What one run of the main job stands on: a test PKI, both ECUs' stores, ports, configurations.

Everything lies in the run's folder and is written as a person would write it, so that each ECU
can be started again by hand with what is left there.
"""

import contextlib
import io
import shutil
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bsw.net.host.local import LONGEST_PATH
from tools.cli import main as v2g

MULTICAST = {"vehicle": "239.74.163.2", "station": "239.74.163.3"}


class CannotPrepare(Exception):
    """The bench could not be set up; the text says why."""


@dataclass(frozen=True, slots=True)
class Ports:
    """UDP ports of this run alone: discovery and the two buses."""

    sdp: int
    vehicle_bus: int
    station_bus: int

    @staticmethod
    def free() -> "Ports":
        """Asked for together, so that they differ."""
        with contextlib.ExitStack() as stack:
            socks = [
                stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
                for _ in range(3)
            ]
            for sock in socks:
                sock.bind(("::", 0))
            return Ports(*(sock.getsockname()[1] for sock in socks))


def keys(folder: Path, *, newer: bool = False) -> None:
    """A fresh PKI; the vehicle gets a contract, the station its certificate and all roots.

    ``newer``: those of ISO 15118-20 as well.
    """
    for name in ("pki", "evcc", "secc"):
        shutil.rmtree(folder / name, ignore_errors=True)
    kinds = ["--kind", "iso2", *(["--kind", "iso20"] if newer else [])]
    pki(["make", *kinds, str(folder / "pki")])
    for role in ("evcc", "secc"):
        stores = ["--certificates", str(folder / role / "certificates")]
        stores += ["--keys", str(folder / role / "keys")]
        pki(["install", "--role", role, *stores, str(folder / "pki")])


def pki(words: Sequence[str]) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        status = v2g(["pki", *words])
    if status:
        raise CannotPrepare(f"v2g pki {words[0]}: {said.getvalue().strip()}")


CAPTURE = "run.pcapng"
REPORT = "report.html"

VEHICLE = """\
# The vehicle of the main job.  Started by v2g bench run; by hand: evcc run -c THIS
session:
  security: tls           # and pays with its contract
  tries: 1
keym:
  folder: {folder}/evcc/certificates
  secc: {{revocation: soft-fail}}   # no responder runs, so the station has no staple
csm:
  software: {{folder: {folder}/evcc/keys}}
"""

STATION = """\
# The station of the main job.  Started by v2g bench run; by hand: secc run -c THIS
session:
  payment: [Contract, ExternalPayment]
  plain: false
  tls: true
keym:
  folder: {folder}/secc/certificates
csm:
  software: {{folder: {folder}/secc/keys}}
"""


def write(folder: Path) -> dict[str, Path]:
    """The configurations of both, and where they are."""
    written = {}
    for who, text in (("evcc", VEHICLE), ("secc", STATION)):
        written[who] = folder / f"{who}.yaml"
        written[who].write_text(text.format(folder=folder.absolute()))
    return written


def settings(who: str, folder: Path, ports: Ports, plug: int) -> list[str]:
    """What joins an ECU to this bench, whatever its configuration says about the rest."""
    bus = "vehicle" if who == "evcc" else "station"
    port = ports.vehicle_bus if who == "evcc" else ports.station_bus
    chosen: dict[str, object] = {
        "network.sdp_port": ports.sdp,
        "hardware.driver": "plug",
        "hardware.plug_port": plug,
        "session.count": 1,
        "can.bus.channel": MULTICAST[bus],
        "can.bus.options.port": port,
        "can.timeout_cycles": 100,  # the battery is a process too, and a busy host holds it up
        "log.form": "json",
    }
    chosen["nvm.file"] = folder.absolute() / f"{who}.nvm"
    door = folder.absolute() / f"{who}.sock"
    if len(str(door)) <= LONGEST_PATH:
        chosen["api.socket"] = door
    if who == "evcc":
        chosen["capture.file"] = folder.absolute() / CAPTURE
        chosen["tls.lab_key_log_file"] = folder.absolute() / "keys.log"  # so that it opens
    if who == "secc":
        chosen["hardware.power"] = "can"
    return list(_sets(f"{key}={value}" for key, value in chosen.items()))


def hardware(ports: Ports, soc: float, target: float) -> list[str]:
    """The words for ``v2g bench hardware``."""
    return [
        *("bench", "hardware", "--plug", "--pilot", "0", "--contract", "--quiet"),
        *("--soc", str(soc), "--target", str(target)),
        *("--channel", MULTICAST["vehicle"], "--option", f"port={ports.vehicle_bus}"),
        *("--station-channel", MULTICAST["station"]),
        *("--station-option", f"port={ports.station_bus}"),
    ]


def _sets(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        yield from ("--set", word)
