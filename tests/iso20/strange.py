"""Sessions of ISO 15118-20 in which one side says what its schema allows and nobody means.

``strange(seed)`` plays one: after some seconds a few messages of one side come with one to three
values changed, whichever they are.  ``python -m tests.iso20.strange 0 10000`` plays many.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bsw.chrgm.coding.wire import UNREADABLE
from bsw.chrgm.record import Heard, Said
from bsw.os.scheduler import SchedulerFault
from tests.iso20.campaign import Newer
from tests.session.test_fault_campaign import broken_promises
from tools.fuzz.blows.vary import varied

ASIDE_FROM = 0x8101
"""Payload types from here on are side streams: a message keeps them."""
MOST_CHANGED = 5
TRIES = 5
BELIEVED = 3_200.0
"""A.  A limit that no vehicle believes is none that it has to keep to."""


@dataclass
class Strange(Newer):
    """``changed``: what came otherwise than it was said."""

    changed: list[str] = field(default_factory=list)

    def _possible(self) -> dict[str, Callable[[Any], None]]:
        return {"strange_answers": strange_answers, "strange_requests": strange_requests}

    def _told_limit(self, heard: Heard) -> float | None:
        told = super()._told_limit(heard)
        return told if told is None or 0.0 <= told <= BELIEVED else None

    def other(self, heard: Heard) -> Heard:
        """This message with other values, if they can be said."""
        dialect = self.rig.dialect
        aside = heard.payload_type if heard.payload_type >= ASIDE_FROM else None
        for _ in range(TRIES):
            body = varied(self.chance, heard.body)
            said = Said(body, heard.signature, aside)
            try:
                made = dialect.decode(*dialect.encode(heard.session_id, said))
            except UNREADABLE:
                continue  # the values exclude each other on the wire
            self.changed.append(type(body).__name__)
            return made
        return heard

    def some(self) -> Callable[[Heard], Heard]:
        left = self.chance.randint(1, MOST_CHANGED)

        def change(heard: Heard) -> Heard:
            nonlocal left
            if not left or self.chance.random() < 0.3:
                return heard
            left -= 1
            return self.other(heard)

        return change


def strange_answers(campaign: Strange) -> None:
    campaign.twists.append(campaign.some())


def strange_requests(campaign: Strange) -> None:
    campaign.rig.forge = campaign.some()


def strange(seed: int) -> list[str]:
    """What did not hold, with what was changed; empty where all did."""
    campaign = Strange(seed)
    try:
        found = broken_promises(campaign.run())
    except SchedulerFault as fault:
        found = [str(fault)]
    return [f"seed {seed}, {campaign.where}, {campaign.changed}: {one}" for one in found]


def main(first: int, last: int) -> int:
    broken = 0
    for seed in range(first, last):
        found = strange(seed)
        broken += bool(found)
        sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"{last - first} sessions, {broken} broken\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
