"""A host on the power line: the state machines of one role, wired to a port and the clock.

The only place in this room where frames are sent and alarms armed.  ``VehicleNode`` takes a key
from the station and joins; ``StationNode`` keeps a fresh key in its modem and gives it away.
Both are told by the pilot's owner when to start and stop (see ``vehicle_link``, ``station_link``).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bsw.cp.pilot import PilotState
from bsw.dlt import Logger
from bsw.net.ports import EthernetPort
from bsw.os.clock import Action
from bsw.os.randomness import Randomness
from bsw.os.scheduler import Scheduler
from bsw.slac.config import SlacConfig, ns
from bsw.slac.frames.catalogue import MANUFACTURER_RANGE, by_class
from bsw.slac.frames.frame import Frame, Unknown, decode, encode
from bsw.slac.frames.layout import FrameError
from bsw.slac.frames.mme import AmpMapCnf, AmpMapReq, AttenProfileInd, SetKeyCnf
from bsw.slac.keys import NetworkKey
from bsw.slac.links.modem import ModemControl
from bsw.slac.matching.ampmap import AmplitudeMapExchange
from bsw.slac.matching.events import (
    Agreed,
    Failed,
    Ignored,
    KeyTaken,
    LinkLost,
    LinkStatus,
    ModemFault,
    ModemRestarted,
    Moved,
    Output,
    Send,
    TryFailed,
)
from bsw.slac.matching.membership import Membership
from bsw.slac.matching.membership import State as Member
from bsw.slac.matching.station import StationMatching
from bsw.slac.matching.vehicle import VehicleMatching
from bsw.slac.outcome import Linked, Reason

Listener = Callable[[Output], None]
"""Hears what the owner must act on: Linked, LinkLost, Failed, Toggle, AmplitudeMap."""

MOST_DISCARDED = 8
MODEM_RETRY = 1_000
"""Milliseconds until a silent modem is offered the key again."""


class Matching(Protocol):
    """What the two halves of matching have in common."""

    @property
    def attempts(self) -> int: ...
    @property
    def deadline(self) -> int | None: ...
    def start(self, now: int) -> list[Output]: ...
    def stop(self, now: int) -> list[Output]: ...
    def joined(self, now: int) -> list[Output]: ...
    def join_failed(self, reason: Reason, now: int) -> list[Output]: ...
    def receive(self, frame: Frame, now: int) -> list[Output]: ...
    def tick(self, now: int) -> list[Output]: ...


@dataclass(frozen=True, slots=True)
class Host:
    """What a node stands on."""

    scheduler: Scheduler
    port: EthernetPort
    randomness: Randomness
    log: Logger
    on_return: Callable[[Action], None] = lambda _told: None
    """``on_return(told)``: call ``told`` whenever the modem was away and is back."""


M = TypeVar("M", bound=Matching)


class Node(Generic[M]):
    """What both roles share.  ``start`` and ``stop`` follow the pilot."""

    def __init__(self, host: Host, config: SlacConfig, matching: M, listener: Listener) -> None:
        self.matching = matching
        self.membership = Membership(config)
        self.modem = ModemControl(config.modem, host.randomness)
        self.amplitude_map = AmplitudeMapExchange(config)
        self.busy = False
        """A matching or a join is under way."""
        self.malformed = 0
        self._host = host
        self._config = config
        self._listener = listener
        self._discarded: dict[str, None] = {}  # what was ignored in this matching, and why
        self._log = host.log
        self._said: deque[Output] = deque()
        self._speaking = False
        self._leaving_since: int | None = None
        self._closing = False
        self._alarm = host.scheduler.alarm(self._tick, name="slac")
        self._vain_joins = 0
        host.port.listen(self._receive)
        host.on_return(self.modem_returned)
        self._do(self.modem.find_out(self.now))

    @property
    def now(self) -> int:
        return self._host.scheduler.now

    @property
    def linked(self) -> bool:
        return self.membership.state is Member.IN

    @property
    def leaving(self) -> bool:
        """The modem has not taken its fresh key yet."""
        return self._leaving_since is not None

    def start(self) -> None:
        """Match: a vehicle and a station are on one cable."""
        self.busy = True
        self._do(self.matching.start(self.now))

    def stop(self, reason: Reason) -> None:
        """End whatever is going on, leave the network, be silent."""
        was_busy, self.busy = self.busy, False
        joining = self.membership.state in {Member.JOINING, Member.SETTLING}
        said = self.matching.stop(self.now) + self.membership.leave(reason, self.now)
        if was_busy:
            said.append(Failed(reason, self.matching.attempts))
        self._do(said)  # LinkLost among it makes us leave
        if joining:
            self._leave()

    def pause(self) -> None:
        """D-LINK_PAUSE: keep the key, stop asking for the link."""
        self.modem.unwatch()
        self._do(self.membership.pause(self.now))

    def resume(self) -> None:
        """The pilot woke us: the link must come back with the old key."""
        self._do(self.membership.resume(self.now))
        self._do(self.modem.watch(self.now))

    def ask_amplitude_map(self, steps: tuple[int, ...]) -> None:
        self._do(self.amplitude_map.ask(steps, self.now))

    def modem_returned(self) -> None:
        """It has booted, and a key it was given is gone.

        A link is lost with it.  Where the modem can be asked for the link, that is how it shows.
        """
        if self._closing:
            return
        self._log.warning("modem restarted")
        agreed, state = self.membership.agreed, self.membership.state
        if state is Member.OUT:
            self._idle_modem_returned()
        elif state is Member.PAUSED and agreed is not None:
            self._do(self.modem.set_key(agreed.key, self.now))
        elif state is Member.IN and self.modem.dialect.ask_link is None:
            self._do(self.membership.leave(Reason.LINK_DOWN, self.now))

    def close(self) -> None:
        """Listen no more; if the modem is being given its fresh key, as soon as it has it."""
        self._closing = True
        self._close_when_left()

    def _close_when_left(self) -> None:
        if self._closing and not self.leaving:
            self._alarm.cancel()
            self._host.port.listen(None)

    # What differs between the roles

    def _agreed(self, agreed: Agreed) -> None:
        raise NotImplementedError

    def _key_taken(self, key: NetworkKey) -> None:
        raise NotImplementedError

    def _modem_failed(self, reason: Reason, /) -> None:
        raise NotImplementedError

    def _idle_modem_returned(self) -> None:
        """No link was there or under way."""

    def _leave(self) -> None:
        """Give the modem a key that nobody else has."""
        self._leaving_since = self.now
        self.modem.unwatch()
        self.amplitude_map.close()
        self._do(self.modem.set_key(NetworkKey.fresh(self._host.randomness), self.now))

    # In

    def _receive(self, octets: bytes) -> None:
        try:
            frame = decode(octets)
        except FrameError as error:
            self.malformed += 1
            self._log.debug("malformed", why=str(error))
            return
        if frame.source == self._host.port.mac or frame.source[0] & 1:
            return  # our own, or forged: nobody sends from a group's address
        if frame.destination != self._host.port.mac and not frame.destination[0] & 1:
            return
        self._log.debug("received", message=frame.name, peer=frame.source)
        now = self.now
        if isinstance(frame.message, AmpMapReq | AmpMapCnf):
            self._do(self.amplitude_map.receive(frame, now))
        elif isinstance(frame.message, SetKeyCnf) or _from_vendor(frame):
            self._do(self.modem.receive(frame, now))
        elif isinstance(frame.message, AttenProfileInd) and not self.modem.owns(frame):
            self._do([Ignored(frame.name, frame.source, "not our modem")])
        else:
            self._do(self.matching.receive(frame, now))

    def _tick(self) -> None:
        now = self.now
        for machine in (self.matching, self.membership, self.modem, self.amplitude_map):
            self._do(machine.tick(now))
        if self.membership.gave_up is not None:
            reason, self.membership.gave_up = self.membership.gave_up, None
            self._join_failed(reason)
        self._arm()

    def _join_failed(self, reason: Reason) -> None:
        named = Reason.MODEM_SILENT if self.modem.mute else reason
        self._vain_joins += 1
        if self._vain_joins == self._config.modem.reset_after_joins:
            self._vain_joins = 0
            self._log.warning("modem reset", after_vain_joins=self._config.modem.reset_after_joins)
            self._do(self.modem.reset(self.now))
        self._leave()
        self._do(self.matching.join_failed(named, self.now))

    # Out

    def _do(self, said: list[Output]) -> None:
        """Act on outputs one after the other, also on those that acting brings about."""
        self._said.extend(said)
        if self._speaking:
            return
        self._speaking = True
        try:
            while self._said:
                self._act(self._said.popleft())
        finally:
            self._speaking = False
        self._arm()

    def _act(self, output: Output) -> None:  # noqa: C901, PLR0912 - one line per kind
        match output:
            case Send():
                self._send(output)
            case Agreed():
                self._log.info("agreed", peer=output.peer, attenuation=output.attenuation)
                self._agreed(output)
            case KeyTaken():
                self._watch_leaving()
                self._key_taken(output.key)
                self._close_when_left()
            case ModemFault():
                self._log.warning("modem", reason=output.reason.name)
                self._leaving_since = None
                self._modem_failed(output.reason)
                self._close_when_left()
            case ModemRestarted():
                self.modem_returned()
            case LinkStatus():
                self._link_changed(up=output.up)
            case Linked():
                self._log.info("linked", peer=output.peer, nid=output.nid)
                self.busy = False
                self._vain_joins = 0
                self._discarded.clear()
                self.modem.relax()
                self._do(self.matching.joined(self.now))
                self._listener(output)
            case LinkLost():
                self._log.warning("link lost", reason=output.reason.name)
                self._lost()
                self._listener(output)
            case Failed():
                self._log.warning(
                    "failed",
                    reason=output.reason.name,
                    attempts=output.attempts,
                    discarded=self._take_discarded(),
                )
                self.busy = False
                self._listener(output)
            case TryFailed():
                self._log.info("try failed", reason=output.reason.name, peer=output.peer)
            case Moved():
                self._log.debug("moved", machine=output.machine, to=output.to, peer=output.peer)
            case Ignored():
                self._discard(output)
            case _:
                self._listener(output)

    def _discard(self, ignored: Ignored) -> None:
        """Told once for each kind in a matching, and again with what became of that."""
        why = f"{ignored.message}: {ignored.field}"
        tell = self._log.debug if why in self._discarded else self._log.info
        tell("discarded", message=ignored.message, peer=ignored.peer, why=ignored.field)
        if len(self._discarded) < MOST_DISCARDED:
            self._discarded[why] = None

    def _take_discarded(self) -> str:
        told = "; ".join(self._discarded)
        self._discarded.clear()
        return told

    def _send(self, send: Send) -> None:
        frame = Frame(send.to, self._host.port.mac, send.message)
        self._log.debug("sent", message=frame.name, peer=send.to)
        octets = encode(frame, pad_to=self._config.modem.pad_to, version=send.version)
        self._host.port.send(octets)

    def _link_changed(self, *, up: bool) -> None:
        said = self.membership.link(up=up, now=self.now)
        self._do(said)
        if self.membership.state is Member.SETTLING and self.membership.agreed is not None:
            self._do(self.amplitude_map.open(self.membership.agreed.peer, self.now))

    def _lost(self) -> None:
        """The link went on its own: nobody has told matching and modem yet."""
        self._do(self.matching.stop(self.now))
        self._leave()

    def _watch_leaving(self) -> None:
        """TP_match_leave is a promise to the peer: say so when the modem made us break it."""
        if self._leaving_since is None:
            return
        took = self.now - self._leaving_since
        self._leaving_since = None
        if took > ns(self._config.timing.tp_match_leave):
            self._log.warning("left late", took_ms=took // ns(1))

    def _arm(self) -> None:
        machines = (self.matching, self.membership, self.modem, self.amplitude_map)
        ends = [end for end in (machine.deadline for machine in machines) if end is not None]
        due = None if self._closing and not self.leaving else min(ends, default=None)
        if due is None:
            self._alarm.cancel()
        elif not self._alarm.armed or self._alarm.due != due:
            self._host.scheduler.arm(self._alarm, due)


class VehicleNode(Node[VehicleMatching]):
    def __init__(self, host: Host, config: SlacConfig, listener: Listener) -> None:
        matching = VehicleMatching(config, host.port.mac, host.randomness)
        super().__init__(host, config, matching, listener)

    def _agreed(self, agreed: Agreed) -> None:
        self._do(self.membership.join(agreed, self.now))
        self._do(self.modem.set_key(agreed.key, self.now))

    def _key_taken(self, key: NetworkKey) -> None:
        agreed = self.membership.agreed
        if self.membership.state is Member.JOINING and agreed is not None and agreed.key == key:
            self._do(self.modem.watch(self.now))

    def _modem_failed(self, reason: Reason, /) -> None:
        if self.membership.state is Member.JOINING:
            self._do(self.membership.leave(reason, self.now))
            self._do(self.matching.join_failed(reason, self.now))


class StationNode(Node[StationMatching]):
    """``start`` needs a modem with a key; after T_conn_max_comm without one it fails."""

    def __init__(self, host: Host, config: SlacConfig, listener: Listener) -> None:
        self._again = host.scheduler.alarm(self._leave, name="slac modem retry")
        self._ready_by = host.scheduler.alarm(self._not_ready, name="slac modem ready")
        super().__init__(host, config, StationMatching(config, host.port.mac), listener)
        self._leave()

    def start(self) -> None:
        self._ready_by.rearm(ns(self._config.timing.t_conn_max_comm))
        super().start()

    def stop(self, reason: Reason) -> None:
        self._ready_by.cancel()
        super().stop(reason)

    def pilot(self, state: PilotState) -> None:
        """The own pilot changed: toggles are counted while a vehicle validates."""
        self._do(self.matching.pilot(state, self.now))

    def close(self) -> None:
        self._again.cancel()
        self._ready_by.cancel()
        super().close()

    def _agreed(self, agreed: Agreed) -> None:
        self._do(self.membership.join(agreed, self.now))
        self._do(self.modem.watch(self.now))

    def _leave(self) -> None:
        self._again.cancel()
        self.matching.key = None
        super()._leave()

    def _key_taken(self, key: NetworkKey) -> None:
        self.matching.key = key

    def _modem_failed(self, _reason: Reason, /) -> None:
        if not self._closing:
            self._again.rearm(ns(MODEM_RETRY))

    def _idle_modem_returned(self) -> None:
        """It must have a key before the next vehicle asks."""
        self._leave()

    def _not_ready(self) -> None:
        if self.busy and self.matching.key is None:
            self.stop(Reason.MODEM_SILENT)


def _from_vendor(frame: Frame) -> bool:
    if isinstance(frame.message, Unknown):
        return frame.message.kind >= MANUFACTURER_RANGE
    return by_class(type(frame.message)).kind >= MANUFACTURER_RANGE
