"""How the connectors are, told to the back end when that changes [B04, G01]."""

from collections.abc import Callable, Mapping
from functools import partial

from ocpp.catalogue import Message
from ocpp.station.ground import Ground
from ocpp.station.outlets.places import Place
from ocpp.station.provisioning.model import Key
from ocpp.station.translation import ConnectorState, Translator

_WORST_FIRST = (
    ConnectorState.FAULTED,
    ConnectorState.UNAVAILABLE,
    ConnectorState.OCCUPIED,
    ConnectorState.RESERVED,
)


class Connectors:
    """Remembers what the back end was told of each."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._listeners: list[Callable[[Place], None]] = []
        self._whole_told: str | None = None
        for place in ground.places.values():
            for name, connector in (("EVSE", 0), ("Connector", 1)):
                key = Key(name, "", place.evse, connector)
                ground.model.show(key, "AvailabilityState", partial(_state_of, place))
            fault = partial(_fault_of, place)
            ground.model.show(Key("EVSE", "", place.evse), "Problem", fault)
        station = Key("ChargingStation")
        ground.model.show(station, "AvailabilityState", partial(_state_of_all, ground.places))
        ground.model.show(station, "Problem", partial(_fault_of_all, ground.places))

    def listen(self, listener: Callable[[Place], None]) -> None:
        """Hear that something may be different at an outlet, whether or not it is told."""
        self._listeners.append(listener)

    def update(self, place: Place) -> None:
        """Say how the connector is, if that has changed and the back end may hear it."""
        for listener in self._listeners:
            listener(place)
        ground = self._ground
        translator = ground.translator
        if translator is None or not ground.online:
            return
        self._tell_whole(translator)
        state = translator.state(place.view)
        if state == place.told:
            return
        place.told = state
        request = translator.status(place.evse, 1, state, ground.stamp())
        ground.questions.ask(request, partial(self._told, place))

    def _tell_whole(self, translator: Translator) -> None:
        """1.6 hears of the station as connector 0, before its outlets."""
        views = [place.view for place in self._ground.places.values()]
        state = translator.whole(views)
        if state is None or state == self._whole_told:
            return
        self._whole_told = state
        request = translator.status(0, 0, state, self._ground.stamp())
        self._ground.questions.ask(request, self._heard_whole)

    def _heard_whole(self, answer: Message | None) -> None:
        if answer is None:
            self._whole_told = None

    def again(self, only: Place | None = None) -> None:
        """Whether or not they have changed."""
        if only is None:
            self._whole_told = None
        for place in self._ground.places.values() if only is None else [only]:
            place.told = None
            self.update(place)

    def changes(self) -> None:
        for place in self._ground.places.values():
            self.update(place)

    @staticmethod
    def _told(place: Place, answer: Message | None) -> None:
        if answer is None:
            place.told = None


def _state_of(place: Place) -> str:
    return place.view.state.value


def _fault_of(place: Place) -> str:
    return "true" if place.fault else "false"


def _state_of_all(places: Mapping[int, Place]) -> str:
    """The station is as its outlets are, if they are all the same, or all taken."""
    states = {place.view.state for place in places.values()}
    if ConnectorState.AVAILABLE in states:
        return ConnectorState.AVAILABLE.value
    return next(state.value for state in reversed(_WORST_FIRST) if state in states)


def _fault_of_all(places: Mapping[int, Place]) -> str:
    return "true" if any(place.fault for place in places.values()) else "false"
