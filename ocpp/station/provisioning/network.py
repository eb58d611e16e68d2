"""Where the back end is: several slots, in an order, and what follows when one does not answer.

[B09, B10, A05].  Slot 1 is the integrator's own until the back end writes another one there.  A
connection that stands is kept; a new order counts from the next start.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

import msgspec
from msgspec import UNSET

from ocpp.address import AddressUnusable, backend_address
from ocpp.catalogue import Message
from ocpp.client import ClientRules
from ocpp.station.desk import ACCEPTED, Desk, Reply, status
from ocpp.station.ground import Ground
from ocpp.station.provisioning.model import Key, Unfit

KEPT: Final = "networks"
FLOOR: Final = "networks.floor"
CONTROLLER: Final = "OCPPCommCtrlr"
PRIORITY: Final = "NetworkConfigurationPriority"
OWN: Final = "1"


class Slot(msgspec.Struct, frozen=True):
    """One way to a back end; an empty ``password`` or ``identity`` is the integrator's."""

    url: str
    profile: int
    password: str = ""
    identity: str = ""


class Ways(Protocol):
    """The line, as far as it can be sent elsewhere."""

    rules: ClientRules

    def renew(self, reason: str = "") -> None: ...


def profile_of(rules: ClientRules, *, with_certificate: bool) -> int:
    """Which security profile such rules mean."""
    if rules.url.startswith("wss"):
        return 3 if with_certificate else 2
    return 1 if rules.password else 0


class Networks:
    """The block.  ``able`` says whether a security profile could be used: roots, certificates."""

    def __init__(
        self,
        desk: Desk,
        ground: Ground,
        line: Ways,
        *,
        able: Callable[[int], bool],
        with_certificate: Callable[[], bool],
    ) -> None:
        self._ground = ground
        self._line = line
        self._own = line.rules
        self._able = able
        self._with_certificate = with_certificate
        self._slots = ground.memory.read(KEPT, dict[str, Slot], {})
        self._floor = ground.memory.read(FLOOR, int, 0)
        self._current = OWN
        self._good: str | None = None
        self._failures = 0
        desk.take({"SetNetworkProfile": self._set})
        ground.model.guard(CONTROLLER, PRIORITY, self._check_priority)
        ground.model.show(Key(CONTROLLER), "ActiveNetworkProfile", lambda: self._current)
        ground.model.show(Key("SecurityCtrlr"), "SecurityProfile", lambda: str(self.profile))
        ground.model.show(Key("SecurityCtrlr"), "Identity", lambda: self._line.rules.identity)

    @property
    def profile(self) -> int:
        """The security profile in use."""
        return self._profile_of(self._current)

    def _profile_of(self, name: str) -> int:
        slot = self._slots.get(name)
        if slot is not None:
            return slot.profile
        return profile_of(self._own, with_certificate=self._with_certificate())

    def _least(self, profile: int) -> int:
        """What may be gone down to from it: from 3 one step, if a variable says so [A05.FR.08]."""
        down = self._ground.model.flag("SecurityCtrlr", "AllowSecurityProfileDowngrade")
        return 2 if down and profile == 3 else profile

    def start(self) -> None:
        """Begin with the first of the order [B10.FR.04]."""
        self._take(self._usable()[0])

    def opened(self) -> None:
        """A connection stands; a slot of a lower profile than this one is never used again."""
        self._failures = 0
        self._good = self._current
        if self.profile > self._floor:
            self._floor = self.profile
            self._ground.memory.write(FLOOR, self._floor)
        least = self._least(self.profile)
        lower = [name for name, slot in self._slots.items() if slot.profile < least]
        if lower:  # [A05.FR.06]
            for name in lower:
                del self._slots[name]
            self._ground.memory.write(KEPT, self._slots)

    def failed(self) -> None:
        """A try came to nothing, or a connection was lost [B10.FR.03]."""
        self._failures += 1
        if self._failures < self._ground.model.number(
            CONTROLLER, "NetworkProfileConnectionAttempts"
        ):
            return
        self._failures = 0
        order = self._usable()
        place = order.index(self._current) if self._current in order else -1
        if place + 1 < len(order):
            self._take(order[place + 1])
        else:  # all of them: the last good one, and so on from the first [B10.FR.07]
            self._take(self._good if self._good in order else order[0])

    def changed_password(self, password: str) -> None:
        """The back end has set another password: come back with it [A01]."""
        self._own = replace(self._own, password=password)
        slot = self._slots.get(self._current)
        if slot is not None and slot.password:
            self._slots[self._current] = msgspec.structs.replace(slot, password=password)
            self._ground.memory.write(KEPT, self._slots)
        self._line.rules = replace(self._line.rules, password=password)

    def _order(self) -> tuple[str, ...]:
        return self._ground.model.members(CONTROLLER, PRIORITY)

    def _usable(self) -> list[str]:
        """In their order; none of a lower profile than was good once, be it the integrator's own.

        Where no other is left, it is his word that counts: it did not come over the line.
        """
        found = [each for each in self._order() if self._is_there(each)]
        least = self._least(self._floor)
        return [each for each in found if self._profile_of(each) >= least] or [OWN]

    def _is_there(self, name: str) -> bool:
        return name == OWN or name in self._slots

    def _take(self, name: str) -> None:
        self._current = name
        slot = self._slots.get(name)
        own = self._own
        self._line.rules = replace(
            self._line.rules,
            url=slot.url if slot else own.url,
            identity=(slot and slot.identity) or own.identity,
            password=(slot and slot.password) or own.password,
        )

    def _set(self, message: Message) -> Reply:
        name = str(message.configurationSlot)
        data = message.connectionData
        priority = self._ground.model.find(Key(CONTROLLER), PRIORITY)
        if name not in priority.traits.values:
            return Reply(status("Rejected", "InvalidConfSlot"))  # [B09.FR.05]
        if data.securityProfile < self._least(self.profile):
            return Reply(status("Rejected", "NoSecurityDowngrade"))  # [B09.FR.04]
        identity = getattr(data, "identity", UNSET)
        password = getattr(data, "basicAuthPassword", UNSET)
        slot = Slot(
            data.ocppCsmsUrl,
            data.securityProfile,
            "" if password is UNSET else password,
            "" if identity is UNSET else identity,
        )
        if data.ocppTransport != "JSON" or not self._is_good(slot):
            return Reply(status("Rejected", "InvalidNetworkConf"))  # [B09.FR.02]
        self._slots[name] = slot
        self._ground.memory.write(KEPT, self._slots)
        return Reply(ACCEPTED)

    def _is_good(self, slot: Slot) -> bool:
        try:
            address = backend_address(slot.url, slot.identity or self._own.identity)
        except AddressUnusable:
            return False
        return address.secure == (slot.profile > 1)

    def _check_priority(self, value: str) -> None:
        """All slots set, their security within reach and not less than this line's.

        [B10.FR.01, A05.FR.02, A05.FR.03, A05.FR.10]; only what is above 1 needs certificates.
        """
        names = [word.strip() for word in value.split(",") if word.strip()]
        if not names or not all(map(self._is_there, names)):
            raise Unfit("InvalidConfSlot", "name slots that are set")
        least = self._least(self.profile)
        if any(self._profile_of(name) < least for name in names):
            raise Unfit("NoSecurityDowngrade", "a slot is less secure than this line")
        for name in names:
            slot = self._slots.get(name)
            if slot is None or slot.profile <= max(1, self.profile):
                continue
            if not self._able(slot.profile):
                raise Unfit("InvalidNetworkConf", f"slot {name} needs certificates")
