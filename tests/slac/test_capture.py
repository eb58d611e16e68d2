"""What our hosts say is written as pcapng, and tshark finds nothing to complain about."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bsw.net.record.capture import Capture
from bsw.net.record.tap import TappedPort
from bsw.os.clock import S
from bsw.sim.site import Seat
from bsw.slac.config import SlacConfig, Validation, VehiclePolicy
from bsw.slac.frames.frame import Frame, encode
from bsw.slac.frames.mme import SlacParmCnf
from bsw.slac.links.node import Host
from bsw.slac.matching.ampmap import CARRIERS
from tests.slac.park import Park, Scenario

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


class TappedPark(Park):
    """Both hosts' own ports are captured: what goes to their modems as well."""

    capture: Capture

    def host(self, seat: Seat) -> Host:
        host = super().host(seat)
        port = TappedPort(host.port, lambda: self.scheduler.now, self.capture.frame)
        return Host(host.scheduler, port, host.randomness, host.log)


def captured(path: Path) -> int:
    """A validated match with an amplitude map and a regular end; the number of frames."""
    policy = VehiclePolicy(validation=Validation.ALWAYS)
    with_capture = type("CapturedPark", (TappedPark,), {"capture": Capture.to(path)})
    park = with_capture(Scenario(1, (10, 50), slac=SlacConfig(vehicle=policy)))
    park.plug()
    assert park.run_until(lambda: bool(park.session.links), 20 * S)
    park.link.node.ask_amplitude_map((0,) * CARRIERS)
    park.run(S)
    park.link.terminate()
    park.run(S)
    park.capture.close()
    frames: int = park.capture.frames
    return frames


def tshark(path: Path, *options: str) -> str:
    return subprocess.run(
        ("tshark", "-r", str(path), *options),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


@needs_tshark
def test_tshark_names_each_frame_and_has_no_complaint(tmp_path: Path) -> None:
    path = tmp_path / "slac.pcapng"
    frames = captured(path)
    listing = tshark(path).splitlines()
    assert len(listing) == frames
    assert all("HomePlug AV" in line for line in listing)
    text = "\n".join(listing)
    for name in (
        "CM_SLAC_PARM.REQ",
        "CM_SLAC_PARM.CNF",
        "CM_START_ATTEN_CHAR.IND",
        "CM_MNBC_SOUND.IND",
        "CM_ATTEN_PROFILE.IND",
        "CM_ATTEN_CHAR.IND",
        "CM_ATTEN_CHAR.RSP",
        "CM_VALIDATE.REQ",
        "CM_VALIDATE.CNF",
        "CM_SLAC_MATCH.REQ",
        "CM_SLAC_MATCH.CNF",
        "CM_SET_KEY.REQ",
        "CM_SET_KEY.CNF",
        "CM_AMP_MAP.REQ",
        "CM_AMP_MAP.CNF",
    ):
        assert name in text, name
    assert tshark(path, "-Y", "_ws.expert || _ws.malformed") == ""


@needs_tshark
def test_the_check_for_complaints_can_fail(tmp_path: Path) -> None:
    path = tmp_path / "bad.pcapng"
    capture = Capture.to(path)
    message = SlacParmCnf(forwarding_sta=bytes(6), run_id=bytes(8))
    octets = encode(Frame(bytes(6), bytes(6), message))
    capture.frame(0, octets[:30])
    capture.close()
    assert tshark(path, "-Y", "_ws.expert || _ws.malformed") != ""
