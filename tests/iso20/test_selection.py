"""ServiceSelection: only what was told in this session may be selected."""

import pytest

from secc.api.literals import EnergyTransferMode
from tools.conformance.newer import requests as ask
from tools.conformance.newer.tester import ScriptedVehicle

DC, BPT, INTERNET = 2, 6, 65


def offering(*services: int) -> ScriptedVehicle:
    """A station with DC and DC_BPT; the details of these were asked for."""
    tester = ScriptedVehicle("DC_BPT").to("ServiceDetail")
    for service in services:
        tester.say(ask.service_detail(service))
    return tester


@pytest.mark.parametrize(
    ("service", "parameters"),
    [(BPT, 99), (BPT, 0), (DC, 99), (1, 1), (8, 1), (40_000, 1)],
    ids=["another set", "set 0", "another service's", "not of this station", "MCS", "unknown"],
)
def test_a_pair_that_was_never_told_is_invalid(service: int, parameters: int) -> None:
    """[V2G20-433], [V2G20-467], [V2G20-1985]."""
    tester = offering(BPT)
    answer = tester.say(ask.service_selection(service, parameters))
    assert answer.response_code.value == "FAILED_ServiceSelectionInvalid"
    assert tester.result is not None
    assert not tester.energised


def test_one_whose_details_were_never_asked_for_is_invalid() -> None:
    tester = ScriptedVehicle("DC_BPT")
    tester.rig.charger.update_energy_transfer_modes(
        supported_energy_transfer_modes=[EnergyTransferMode.DC, EnergyTransferMode.DC_BPT]
    )
    tester.to("ServiceDetail")
    assert tester.say(ask.service_detail(DC)).response_code.value == "OK"
    answer = tester.say(ask.service_selection(BPT, 1))
    assert answer.response_code.value == "FAILED_ServiceSelectionInvalid"
    assert tester.result is not None


def test_one_that_was_told_is_valid() -> None:
    tester = offering(BPT)
    assert tester.say(ask.service_selection(BPT, 1)).response_code.value == "OK"
