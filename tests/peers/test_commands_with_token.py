"""``evcc run`` and ``secc run`` over TLS 1.3 in ISO 15118-20, the keys of the vehicle in a token.

Both show certificates and a contract pays; everything comes from files, as an installer has them.
"""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from bsw.trace_file import verify
from csm.drivers.module import softhsm
from tools.interop.roles import Case, Pace, Roles
from tools.interop.runs import both_end
from tools.interop.secure import make_folders
from tools.interop.wire import wire

pytestmark = [
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces"),
    pytest.mark.skipif(not softhsm().exists(), reason="no SoftHSM: apt-get install softhsm2"),
]
CASE = Case(
    "-20 DC PnC", "iso20", "DC_extended", contract=True, service="DC", tls=True, dynamic=True
)
TOKEN = """\
keym:
  folder: {folder}/evcc/certificates
csm:
  drivers: [pkcs11]
  pkcs11:
    token: evcc
    pin: {{file: {folder}/pin}}
    environment: {{SOFTHSM2_CONF: {folder}/hsm/softhsm2.conf}}
"""
SOFTWARE = """\
keym:
  folder: {folder}/secc/certificates
csm: {{software: {{folder: {folder}/secc/keys}}}}
"""


@dataclass
class WithToken(Roles):
    """Nothing of a laboratory: keys and signatures of ISO 15118-20 alone."""

    def _keys(self, role: str) -> str:
        text = (TOKEN if role == "evcc" else SOFTWARE).format(folder=self.folder)
        if role == "evcc":
            pins = (
                "--pin-file",
                str(self.folder / "pin"),
                "--so-pin-file",
                str(self.folder / "so"),
            )
            self._do("hsm", "init", "--folder", str(self.folder / "hsm"), "--token", "evcc", *pins)
        path = self.folder / f"{role}.keys.yaml"
        path.write_text(text)
        where = ("--role", role, "--kind", "iso20", "--config", str(path))
        self._do("pki", "install", *where, str(self.folder / "pki" / "ours"))
        return text

    def _do(self, *words: str) -> None:
        program = self.line.ours("se", "tools.cli", *words, log="-".join(words[:2]))
        assert program.wait(60), words
        assert program.status == 0, program.text()


def test_a_contract_in_a_token_pays_over_tls_13(tmp_path: Path) -> None:
    make_folders(tmp_path / "pki", newer=True)
    with wire(tmp_path) as line, ExitStack() as stack:
        roles = WithToken(CASE, line, Pace(within=90))
        station = roles.our_station()
        station.wait_for("listening", 60)
        vehicle = stack.enter_context(roles.our_vehicle())
        both_end(vehicle, station, 90)
        assert (vehicle.status, station.status) == (0, 0), vehicle.text() + station.text()
    assert "TLSv1.3" in vehicle.text()
    assert not list(tmp_path.glob("evcc/keys/*"))
    for role in ("vehicle", "station"):
        trace = tmp_path / f"ours.{role}.trace.jsonl"
        assert verify(trace).intact
        said = trace.read_text(encoding="utf-8")
        assert said.count('"name":"DCChargeLoopReq"') >= 20
        assert '"name":"AuthorizationReq"' in said
