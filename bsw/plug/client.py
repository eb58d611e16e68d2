"""An ECU's end of the simulated plug.

Connects to the plug's process and offers what an ECU needs of hardware: an Ethernet port behind a
modem and its half of the control pilot.
"""

from collections.abc import Callable
from typing import Any

from bsw.cp.pilot import Drive, Pilot, PilotListener, PilotState
from bsw.dlt import Logger
from bsw.net.ports import Endpoint, FrameReceiver, Network, Stream, StreamEnd
from bsw.os.clock import Action, S
from bsw.plug.wire import BrokenLine, Lines, say


class PlugEthernet:
    """An ``EthernetPort``: frames to and from the modem."""

    def __init__(self, client: "PlugClient") -> None:
        self._client = client
        self.receive: FrameReceiver | None = None

    @property
    def mac(self) -> bytes:
        return self._client.mac

    def listen(self, receive: FrameReceiver | None) -> None:
        self.receive = receive

    def send(self, frame: bytes) -> None:
        self._client.say(frame=frame.hex())

    def close(self) -> None:
        self.receive = None


class PlugPilot:
    """Both a ``VehiclePilot`` and a ``StationPilot``: the plug knows who is who."""

    def __init__(self, client: "PlugClient") -> None:
        self._client = client
        self._reading = Pilot(PilotState.A)
        self._listeners: list[PilotListener] = []

    def read(self) -> Pilot:
        return self._reading

    def show(self, state: PilotState) -> None:
        self._client.say(show=state.name)

    def drive(self, drive: Drive) -> None:
        self._client.say(drive=[drive.duty, drive.source.name])

    def listen(self, changed: PilotListener) -> None:
        self._listeners.append(changed)

    def heard(self, state: str, duty: float, short: bool = False) -> None:  # noqa: FBT001, FBT002 - of a wire
        self._reading = Pilot(PilotState[state], duty, short)
        for listener in self._listeners:
            listener(self._reading)


class PlugClient:
    """``role`` is ``vehicle`` or ``station``; ``ready`` is called when the plug has answered."""

    def __init__(self, role: str, log: Logger) -> None:
        self.mac = bytes(6)
        self.ethernet = PlugEthernet(self)
        self.pilot = PlugPilot(self)
        self._role = role
        self._log = log
        self._stream: Stream | None = None
        self._ready: Action = lambda: None
        self._lost: Callable[[str], None] = lambda _why: None
        self._lines = Lines(self._heard)

    def connect(
        self, network: Network, to: Endpoint, *, ready: Action, lost: Callable[[str], None]
    ) -> None:
        """``lost`` hears when the plug's process is gone, or was never there."""
        self._ready, self._lost = ready, lost
        self._stream = network.connect(to, self, timeout=5 * S)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def say(self, **message: object) -> None:
        if self._stream is not None:
            say(self._stream, **message)

    # The stream's user

    def connected(self) -> None:
        self.say(hello=self._role)

    def received(self, data: bytes) -> None:
        try:
            self._lines.feed(data)
        except BrokenLine as error:
            self.close()
            self._lost(f"the plug says what cannot be read: {error}")

    def ended(self, how: StreamEnd) -> None:
        self._stream = None
        remedy = "start v2g bench hardware --pilot PORT, and name that port"
        self._lost(f"hardware.plug_port: the plug is gone: {how.value}; {remedy}")

    def _heard(self, message: dict[str, Any]) -> None:
        if "frame" in message and self.ethernet.receive is not None:
            self.ethernet.receive(bytes.fromhex(message["frame"]))
        if "pilot" in message:
            self.pilot.heard(*message["pilot"])
        if "welcome" in message:
            self.mac = bytes.fromhex(message["welcome"])
            self._ready()
