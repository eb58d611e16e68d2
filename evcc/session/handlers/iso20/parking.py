"""ISO 15118-20 on the vehicle at a parking place: check-in and check-out, where they are wanted.

The vehicle is plugged in when it speaks at all, so it stands where it will charge: it checks in and
is there.  Its messages run beside the row, which never waits for them.
"""

from dataclasses import replace

from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.iso20_learn import PARKING
from bsw.chrgm.services import CHECK_IN, CHECK_OUT, ParameterSet
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.needs import departure

In, Out = common.EvCheckInStatus, common.EvCheckOutStatus
INTENDED = {"check-in": CHECK_IN, "check-out": CHECK_OUT}
"""By the word of the configuration, the parameter IntendedService."""
MESSAGES = {"check-in": "VehicleCheckIn", "check-out": "VehicleCheckOut"}


class Wish:
    """The chooser of the service's record: the set of what is wanted, if anything is."""

    def __init__(self, context: VehicleContext) -> None:
        self._intended = INTENDED.get(context.profile.parking, 0)

    def choose(self, parameter_sets: tuple[ParameterSet, ...]) -> int | None:
        return next(
            (
                one.number
                for one in parameter_sets
                if one.parameters.get("IntendedService") == self._intended
            ),
            None,
        )


class Parking:
    """Checking in, it is there and then ready; checking out, it will go and then goes."""

    def __init__(self, context: VehicleContext) -> None:
        self._context = context
        self._done = False

    def arriving(self, follow: Next) -> Next:
        """The service was selected."""
        self._done = False
        return self._beside(follow, "check-in")

    def arrived(self, follow: Next) -> Next:
        """The limits are told."""
        self._done = self._context.profile.parking == "check-in"
        return self._beside(follow, "check-in", "check-out")

    def leaving(self, follow: Next) -> Next:
        """The energy has ended."""
        self._done = True
        return self._beside(follow, "check-out")

    def _beside(self, follow: Next, *when: str) -> Next:
        wanted = self._context.profile.parking
        selected = PARKING in self._context.record.services
        if not isinstance(follow, Go) or not selected or wanted not in when:
            return follow
        return replace(follow, aside=MESSAGES[wanted])

    def ask_vehicle_check_in(self) -> Said:
        return Said(
            common.VehicleCheckInReq(
                header=header(self._context.calendar.unix()),
                ev_check_in_status=In.COMPLETED if self._done else In.CHECK_IN,
                parking_method=common.ParkingMethod.MANUAL,
            )
        )

    def hear_vehicle_check_in(self, _heard: Heard) -> None:
        """It leads nobody to a place."""

    def ask_vehicle_check_out(self) -> Said:
        now = self._context.calendar.unix()
        goes = now if self._done else now + departure(self._context.state)
        return Said(
            common.VehicleCheckOutReq(
                header=header(now),
                ev_check_out_status=Out.COMPLETED if self._done else Out.CHECK_OUT,
                check_out_time=goes,
            )
        )

    def hear_vehicle_check_out(self, _heard: Heard) -> None:
        """The vehicle goes whatever the place says."""
