"""ISO 15118-20 on the vehicle at a parking place: check-in and check-out, where they are wanted.

The vehicle is plugged in when it speaks at all, so it stands where it will charge: it checks in and
is there.
"""

from bsw.chrgm.initiator import Go, Next
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.sequence.iso20_learn import PARKING
from bsw.chrgm.services import CHECK_IN, CHECK_OUT, ParameterSet
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.joining import discovery

In, Out = common.EvCheckInStatus, common.EvCheckOutStatus
INTENDED = {"check-in": CHECK_IN, "check-out": CHECK_OUT}
"""By the word of the configuration, the parameter IntendedService."""


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
    def __init__(self, context: VehicleContext, choosing: Choosing) -> None:
        self._context = context
        self._choosing = choosing
        self._said: common.EvCheckInStatus | None = None
        self._leaving = False

    def arriving(self, follow: Go) -> Go:
        """Check in before the limits are told, where that was selected.

        A device that meets the vehicle finds it in its own way.
        """
        self._said, self._leaving = None, False
        plugged = follow.to == discovery(self._choosing.made)
        return Go("VehicleCheckIn") if plugged and self._selected("check-in") else follow

    def leaving(self, follow: Next) -> Next:
        """Check out before the session ends, where that was selected."""
        ends = isinstance(follow, Go) and follow.to == "SessionStop"
        if not ends or not self._selected("check-out"):
            return follow
        assert isinstance(follow, Go), "asked above"
        return Go("VehicleCheckOut", when=follow.when)

    def _selected(self, what: str) -> bool:
        wanted = self._context.profile.parking == what
        return wanted and PARKING in self._context.record.services

    def ask_vehicle_check_in(self) -> Said:
        self._said = In.CHECK_IN if self._said is None else In.COMPLETED
        return Said(
            common.VehicleCheckInReq(
                header=header(self._context.calendar.unix()),
                ev_check_in_status=self._said,
                parking_method=common.ParkingMethod.MANUAL,
            )
        )

    def hear_vehicle_check_in(self, _heard: Heard) -> Next:
        if self._said is not In.COMPLETED:
            return Go("VehicleCheckIn")
        return Go(discovery(self._choosing.made), when=self._context.limits_known)

    def ask_vehicle_check_out(self) -> Said:
        now = self._context.calendar.unix()
        return Said(
            common.VehicleCheckOutReq(
                header=header(now),
                ev_check_out_status=Out.COMPLETED if self._leaving else Out.CHECK_OUT,
                check_out_time=now,
            )
        )

    def hear_vehicle_check_out(self, _heard: Heard) -> Next:
        """The first one announces it, the second one says that it is so."""
        if not self._leaving:
            self._leaving = True
            return Go("VehicleCheckOut")
        return Go("SessionStop", when=self._context.in_b)
