"""A capture of everything that passes an ECU's ports, if the configuration asks for one.

Owns the capture file from start to stop; what is not recorded passes as if nothing stood between.
"""

from pathlib import Path

from bsw.ecuc.part import Part
from bsw.ecuc.references import NewPath
from bsw.net.capture import Capture
from bsw.net.ports import EthernetPort, Network
from bsw.net.tap import TappedPort
from bsw.net.tapnet import TappedNetwork
from bsw.os.scheduler import Scheduler


class CaptureConfig(Part):
    """A pcapng file for Wireshark: HomePlug frames, SDP and TCP, in both directions."""

    file: NewPath | None = None
    """``null`` records nothing.  With ``tls.lab_key_log_file`` the keys are put into it."""


class Recording:
    """``network`` and ``port`` hand back what is to be used in their place."""

    def __init__(self, config: CaptureConfig, scheduler: Scheduler, key_log: Path | None) -> None:
        """Raises ``OSError`` if the file cannot be written."""
        self._scheduler = scheduler
        self._capture: Capture | None = None
        if config.file is not None:
            config.file.parent.mkdir(parents=True, exist_ok=True)
            self._capture = Capture.to(config.file, scheduler.now)
            if key_log is not None:
                self._capture.follow_keys(key_log)

    @property
    def frames(self) -> int:
        return 0 if self._capture is None else self._capture.frames

    def network(self, network: Network) -> Network:
        if self._capture is None:
            return network
        return TappedNetwork(network, self._now, self._capture)

    def port(self, port: EthernetPort) -> EthernetPort:
        return port if self._capture is None else TappedPort(port, self._now, self._frame)

    def close(self) -> None:
        if self._capture is not None:
            self._capture.close()

    def _now(self) -> int:
        return self._scheduler.now

    def _frame(self, now: int, octets: bytes) -> None:
        assert self._capture is not None, "nothing is tapped without a capture"
        self._capture.frame(now, octets)
