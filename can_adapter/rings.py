"""Repeats of a frame whose values stand, which a bus may account for without playing them.

A cyclic message says the same over and over, in frames that differ in counter and checksum alone:
its ring.  Once all who hear one of them agree that its repeats tell them nothing, a simulated bus
takes the ring over, as SocketCAN's broadcast manager does: it counts them, in their time, and
plays none.  Whoever agreed takes that back by ``Ring.play``.  What a frame means is not known here.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from can_adapter.bus import CanFrame

Seal = Callable[[bytearray, int], None]
"""Fills counter and checksum into the octets of a frame."""


class Carrier(Protocol):
    """A bus that has taken a ring over."""

    def repeat(self, counter: int) -> bool:
        """The next frame is due.  False: it must be sent as any other."""

    def end(self) -> None:
        """From now on all frames are played, those that are under way included."""


class Ring:
    """The frames that one page of a message goes out in, for as long as its bits stay."""

    __slots__ = (
        "_form",
        "_lasting",
        "_made",
        "_seal",
        "barred",
        "carrier",
        "key",
        "octets",
        "span",
        "version",
    )

    def __init__(
        self,
        form: CanFrame,
        octets: bytes,
        version: int,
        *,
        seal: Seal | None = None,
        span: tuple[int, int] | None = None,
        keep: bool = True,
        lasting: bool = True,
    ) -> None:
        """``form`` is any frame of the message; ``octets`` what it says now, but for counter and
        checksum, which lie in ``span``.

        ``keep``: the counter comes round soon.  ``lasting``: each frame of the message is of it.
        """
        self.key = form.key
        self.octets = octets
        self.version = version
        self.span = span
        self.carrier: Carrier | None = None
        self.barred = False
        """Somebody between sender and bus must see each frame."""
        self._form = form
        self._seal = seal
        self._lasting = lasting
        self._made: dict[int, CanFrame] | None = {} if keep else None

    def frame(self, counter: int) -> CanFrame:
        """The one with this counter."""
        made = self._made
        frame = made.get(counter) if made is not None else None
        if frame is None:
            frame = self._new(counter)
            if made is not None:
                made[counter] = frame
        return frame

    def _new(self, counter: int) -> CanFrame:
        data = self.octets
        if self._seal is not None:
            octets = bytearray(data)
            self._seal(octets, counter)
            data = bytes(octets)
        return self._form.carrying(data, self if self._lasting else None)

    def play(self) -> None:
        """Its repeats say something again."""
        if self.carrier is not None:
            self.carrier.end()


class RingAccount(Protocol):
    """What is counted of frames that are not heard."""

    def repeated(self, times: int, last: int) -> None:
        """So many more have passed, in sequence, the last of them at ``last``."""


class RingListener(Protocol):
    """Who hears frames and can tell what their repeats would say to it."""

    def stands(self, ring: Ring) -> Sequence[RingAccount] | None:
        """A frame of the ring was just heard.  ``None``: each repeat says something.

        Else nothing of what follows matters until I say so, but for these accounts.
        """
