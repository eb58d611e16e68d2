"""A capture of everything that passes an ECU's ports, if the configuration asks for one.

Owns the capture file from start to stop; what is not recorded passes as if nothing stood between.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from bsw.net.ports import EthernetPort, Network
from bsw.net.record.config import CaptureConfig
from bsw.os.scheduler import Scheduler
from bsw.private_file import set_aside
from bsw.program.hostfault import told
from bsw.troubles import Trouble, Troubles

if TYPE_CHECKING:
    from bsw.net.record.capture import Capture


class Recording:
    """``network`` and ``port`` hand back what is to be used in their place."""

    def __init__(
        self,
        config: CaptureConfig,
        scheduler: Scheduler,
        key_log: Path | None,
        troubles: Troubles | None = None,
        calendar: int | None = None,
    ) -> None:
        """Raises ``OSError`` if the file cannot be written.  ``calendar`` is what time it is in a
        simulated world, in nanoseconds; else the host's counts.
        """
        told_to = troubles or Troubles()
        self._scheduler = scheduler
        self._capture: Capture | None = None
        if config.file is not None:
            from bsw.net.record import capture  # noqa: PLC0415 - few ECUs record

            config.file.parent.mkdir(parents=True, exist_ok=True)
            set_aside(config.file, config.keep)
            self._capture = capture.Capture.to(
                config.file, scheduler.now, lost=lambda why: told_to.failed(Trouble.CAPTURE, why)
            )
            if calendar is not None:
                self._capture.epoch = calendar - scheduler.now
            if key_log is not None:
                self._capture.follow_keys(key_log)

    @property
    def frames(self) -> int:
        return 0 if self._capture is None else self._capture.frames

    def network(self, network: Network) -> Network:
        if self._capture is None:
            return network
        from bsw.net.record.tapnet import TappedNetwork  # noqa: PLC0415 - few ECUs record

        return TappedNetwork(network, self._now, self._capture)

    def port(self, port: EthernetPort) -> EthernetPort:
        if self._capture is None:
            return port
        from bsw.net.record.tap import TappedPort  # noqa: PLC0415 - few ECUs record

        return TappedPort(port, self._now, self._frame)

    def close(self) -> str:
        """Finish it; why it is not whole, if it is not."""
        if self._capture is None:
            return ""
        self._capture.close()
        lost = self._capture.lost
        return "" if lost is None else f"capture.file: {told(lost)}"

    def _now(self) -> int:
        return self._scheduler.now

    def _frame(self, now: int, octets: bytes) -> None:
        assert self._capture is not None, "nothing is tapped without a capture"
        self._capture.frame(now, octets)
