"""ISO 15118-20, from ServiceDiscovery to ServiceSelection: what is offered, and what is taken."""

from typing import Final

from bsw.chrgm.iso20 import parameters as known
from bsw.chrgm.iso20.parameters import listed, whole
from bsw.chrgm.iso20.selection import PROTOCOL, Selection
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.messages.iso20.common_types import ResponseCode
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.services import ParameterSet
from bsw.chrgm.services import value_added as known_services
from secc.api.literals import (
    BptChannel,
    Connector,
    ControlMode,
    EnergyTransferMode,
    GeneratorMode,
    MobilityNeedsMode,
    Pricing,
    ServiceCategory,
)
from secc.api.objects import SelectedServiceParameters
from secc.session.context import StationContext
from secc.session.handlers.iso20.offers import Offers
from secc.session.handlers.iso20.words import meter_now, stamp
from secc.session.handlers.value_added import Providers

Codes = ResponseCode
_AC_CONNECTORS: Final = {1: Connector.SINGLE_PHASE}
_DC_CONNECTORS: Final = (Connector.CORE, Connector.EXTENDED, Connector.DUAL2, Connector.DUAL4)
MOST_ADDED: Final = 8
"""So many the message carries."""
_PRICING: Final = (Pricing.NONE, Pricing.ABSOLUTE, Pricing.LEVELS)


class Services:
    def __init__(self, station: StationContext, offers: Offers) -> None:
        self._station = station
        self._offers = offers
        self._added = Providers(station, PROTOCOL)
        self._detailed: dict[int, set[int]] = {}  # sets told of value-added services

    def answer_service_discovery(self, heard: Heard) -> Said:
        """The filter of the request is for value-added services alone [V2G20-1249]."""
        station = self._station
        self._offers.forget()
        self._detailed.clear()
        services = self._offers.services()
        if not services:
            station.log.warning("no service", why="no mode of this protocol is offered here")
            return Said(
                smallest(
                    common.ServiceDiscoveryRes, header=stamp(station), response_code=Codes.FAILED
                )
            )
        return Said(
            common.ServiceDiscoveryRes(
                header=stamp(station),
                response_code=Codes.OK,
                service_renegotiation_supported=station.profile.service_renegotiation,
                energy_transfer_service_list=common.ServiceList(
                    service=tuple(
                        common.Service(service_id=one.number, free_service=False)
                        for one in services
                    )
                ),
                vas_list=self._listed(heard.body.supported_service_ids),
            )
        )

    def _listed(self, wanted: common.ServiceIDList | None) -> common.ServiceList | None:
        asked = None if wanted is None else set(wanted.service_id)
        services = tuple(
            common.Service(service_id=one.number, free_service=one.free)
            for one in self._added.here
            if asked is None or one.number in asked
        )[:MOST_ADDED]
        return common.ServiceList(service=services) if services else None

    def _sets(self, number: int) -> tuple[ParameterSet, ...]:
        """Of an energy service, or of another one; only what was told may be selected."""
        service = self._offers.service(number)
        if service is not None:
            return self._offers.detail(service)
        sets = next((one.parameter_sets for one in self._added.here if one.number == number), ())
        self._detailed[number] = {one.number for one in sets}
        return sets

    def answer_service_detail(self, heard: Heard) -> Said:
        station = self._station
        number: int = heard.body.service_id
        sets = self._sets(number)
        if not sets:
            code = Codes.FAILED_SERVICE_ID_INVALID  # [V2G20-425], [V2G20-464]
            kind = common.ServiceDetailRes
            return Said(
                smallest(kind, header=stamp(station), response_code=code, service_id=number)
            )
        return Said(
            common.ServiceDetailRes(
                header=stamp(station),
                response_code=Codes.OK,
                service_id=number,
                service_parameter_list=listed(sets),
            )
        )

    def answer_service_selection(self, heard: Heard) -> Said:
        station = self._station
        request: common.ServiceSelectionReq = heard.body
        chosen = request.selected_energy_transfer_service
        selection = self._offers.told(chosen.service_id, chosen.parameter_set_id)
        added = (
            () if request.selected_vas_list is None else request.selected_vas_list.selected_service
        )
        told_of = all(
            one.parameter_set_id in self._detailed.get(one.service_id, ()) for one in added
        )
        if selection is None or not told_of:
            code = Codes.FAILED_SERVICE_SELECTION_INVALID  # [V2G20-433], [V2G20-467]
            if chosen.service_id in known_services(PROTOCOL):
                code = Codes.FAILED_NO_ENERGY_TRANSFER_SERVICE_SELECTED  # [V2G20-1618]
            return Said(common.ServiceSelectionRes(header=stamp(station), response_code=code))
        self._offers.selection = selection
        self._offers.metered_since = meter_now(station)
        station.mode = selection.mode
        self._added.take({one.service_id: one.parameter_set_id for one in added})
        self._publish(selection)
        return Said(common.ServiceSelectionRes(header=stamp(station), response_code=Codes.OK))

    def _publish(self, selection: Selection) -> None:
        station = self._station
        name = selection.mode.name
        station.publish("requested_energy_transfer_mode", EnergyTransferMode(name))
        station.publish("selected_service_parameters", told(selection))


def told(selection: Selection) -> SelectedServiceParameters:
    """The selection in the words of the charger interface."""
    station_too = selection.needs_of_station
    generator = whole(selection.parameters, known.GENERATOR, known.FOLLOWING)
    both_ways = selection.both_ways
    channel = BptChannel.SEPARATED if selection.separated else BptChannel.UNIFIED
    forming = GeneratorMode.GRID_FORMING
    following = GeneratorMode.GRID_FOLLOWING
    return SelectedServiceParameters(
        energy_transfer=ServiceCategory(selection.service.word),
        connector=_connector(selection),
        control_mode=ControlMode.DYNAMIC if selection.dynamic else ControlMode.SCHEDULED,
        mobility_needs_mode=MobilityNeedsMode.EVCC_SECC if station_too else MobilityNeedsMode.EVCC,
        pricing=_PRICING[selection.pricing],
        bpt_channel=channel if both_ways else None,
        generator_mode=(forming if generator == known.FORMING else following)
        if both_ways
        else None,
    )


def _connector(selection: Selection) -> Connector:
    if selection.mode.ac:
        return Connector.THREE_PHASE if selection.phases > 1 else Connector.SINGLE_PHASE
    if selection.mode.megawatt:
        return Connector.MCS
    return _DC_CONNECTORS[min(len(_DC_CONNECTORS), max(1, selection.connector)) - 1]
