"""ISO 15118-20 on the vehicle, from ServiceDiscovery to ServiceSelection.

Asks for the details of the services that fit, best first, until one has a set to take; then of what
is wanted besides energy.
"""

from bsw.chrgm.endings import Ending
from bsw.chrgm.engine.initiator import Go, Next
from bsw.chrgm.iso20.parameters import read_all
from bsw.chrgm.iso20.selection import PROTOCOL
from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.record import Heard, Said
from evcc.session.context import VehicleContext
from evcc.session.handlers.iso20.choice import Choosing
from evcc.session.handlers.iso20.joining import adopt, after_selection
from evcc.session.handlers.iso20.parking import Parking
from evcc.session.handlers.value_added import Wanted


class Services:
    def __init__(self, context: VehicleContext, choosing: Choosing, parking: Parking) -> None:
        self._context = context
        self._choosing = choosing
        self._parking = parking
        self._asked = 0  # how many of the offered services were asked about
        self._added = Wanted(context, PROTOCOL)

    def ask_service_discovery(self) -> Said:
        return Said(common.ServiceDiscoveryReq(header=header(self._context.calendar.unix())))

    def hear_service_discovery(self, heard: Heard) -> Next:
        context, choosing = self._context, self._choosing
        response: common.ServiceDiscoveryRes = heard.body
        numbers = [one.service_id for one in response.energy_transfer_service_list.service]
        choosing.renegotiable = response.service_renegotiation_supported
        choosing.note(numbers)
        self._asked = 0
        added = response.vas_list
        self._added.note(one.service_id for one in (() if added is None else added.service))
        context.note(offered_modes=tuple(one.mode.name for one in choosing.offered))
        context.told()
        if not choosing.offered:
            offered = ", ".join(str(one) for one in numbers)
            return self._nothing(f"energy services {offered}")
        return Go("ServiceDetail")

    def _nothing(self, detail: str) -> Next:
        """In order: the station is not at fault for having something else."""
        self._context.stop(Ending.INCOMPATIBLE, f"offers {detail}")
        return Go("SessionStop", when=self._context.in_b)

    @property
    def _open(self) -> int:
        """The service that is asked about: for energy first, then what is to be had besides."""
        if self._choosing.selection is None:
            return self._choosing.offered[self._asked].number
        return self._added.open

    def ask_service_detail(self) -> Said:
        return Said(
            common.ServiceDetailReq(
                header=header(self._context.calendar.unix()), service_id=self._open
            )
        )

    def hear_service_detail(self, heard: Heard) -> Next:
        """An answer about another service than the one asked for is none."""
        response: common.ServiceDetailRes = heard.body
        if response.service_id != self._open:
            return self._context.end(
                Ending.SEQUENCE_ERROR, "ServiceDetail", f"answered for {response.service_id}"
            )
        choosing = self._choosing
        sets = read_all(response.service_parameter_list.parameter_set)
        if choosing.selection is not None:
            self._added.detail(sets)
        elif not choosing.pick(choosing.offered[self._asked], sets):
            self._asked += 1
            if self._asked == len(choosing.offered):
                return self._nothing("no form of a service that fits")
            return Go("ServiceDetail")
        return Go("ServiceDetail" if self._added.open else "ServiceSelection")

    def ask_service_selection(self) -> Said:
        selection = self._choosing.made
        added = tuple(
            common.SelectedService(service_id=number, parameter_set_id=chosen or 0)
            for number, chosen in self._added.chosen.items()
        )
        return Said(
            common.ServiceSelectionReq(
                header=header(self._context.calendar.unix()),
                selected_energy_transfer_service=common.SelectedService(
                    service_id=selection.service.number,
                    parameter_set_id=selection.chosen.number,
                ),
                selected_vas_list=(
                    common.SelectedServiceList(selected_service=added) if added else None
                ),
            )
        )

    def hear_service_selection(self, _heard: Heard) -> Next:
        context, selection = self._context, self._choosing.made
        adopt(context, selection)
        context.told()
        follow = Go(after_selection(context, selection), when=context.limits_known)
        return self._parking.arriving(follow)
