"""What an attacker says while it is still a good vehicle, by the places of a session."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol, cast

from bsw.chrgm.iso20.words import header
from bsw.chrgm.messages.iso20 import common
from bsw.chrgm.record import Heard, Said
from bsw.chrgm.services import energy_by_word
from evcc.session.ports import Wallet
from tools.conformance.bench import Setup
from tools.conformance.newer import requests as ask
from tools.conformance.newer.tester import parameter_set, profile_for
from tools.conformance.station.spoken import words_of
from tools.conformance.station.words import BATTERY
from tools.fuzz.visitor.purse import Purse

NEAR: Final = 20.0
"""Volts between battery and cable at which a vehicle closes its contactors."""
CHALLENGED: Final = "AuthorizationSetup"


class Words(Protocol):
    """Of one session.  ``again`` is whether the exchange of a place has to be repeated."""

    def request(self, place: str) -> Said: ...
    def hear(self, place: str, heard: Heard) -> None: ...
    def exchange(self, place: str) -> str: ...
    def again(self, place: str, answer: Heard) -> bool: ...


def ongoing(answer: Heard) -> bool:
    processing = getattr(answer.body, "evse_processing", None)
    return processing is not None and processing.value != "Finished"


class OlderWords:
    """DIN 70121 and ISO 15118-2, as the tester for devices says them."""

    def __init__(self, setup: Setup, purse: Purse | None) -> None:
        self._receipts = setup.receipts
        self._words = words_of(setup, cast("Wallet", purse))
        self.hear = self._words.hear
        self.exchange = self._words.exchange

    def request(self, place: str) -> Said:
        said = self._words.request(place)
        assert isinstance(said, Said), "a tool does not wait for its own keys"
        return said

    def again(self, place: str, answer: Heard) -> bool:
        if place == "PreCharge":
            return abs(float(answer.body.evse_present_voltage.si()) - BATTERY) > NEAR
        if place == "Loop" and self._receipts:
            return not answer.body.receipt_required
        return ongoing(answer)


class NewerWords:
    """ISO 15118-20 at a plug; a ``purse`` pays by its contract.  Dynamic is the control for DC."""

    def __init__(self, service: str, control: str, purse: Purse | None) -> None:
        record = energy_by_word("iso20")[service]
        mode = record.mode
        self._service, self._control = record.number, control
        self._ac, self._both = mode.ac, mode.discharges
        self._prefix = "AC" if mode.ac else "DC"
        self._purse = purse
        self._heard: dict[str, Any] = {}
        self._near = self._finished = False

    def exchange(self, place: str) -> str:
        named = {"Start": "PowerDelivery", "Stop": "PowerDelivery", "Loop": "ChargeLoop"}
        known = named.get(place, place)
        own = known in {
            *("ChargeParameterDiscovery", "CableCheck", "PreCharge"),
            *("ChargeLoop", "WeldingDetection"),
        }
        return f"{self._prefix}_{known}" if own else known

    def hear(self, place: str, heard: Heard) -> None:
        self._heard[place] = heard.body
        if place == "PreCharge":
            volts = heard.body.evse_present_voltage.si()
            self._near = abs(volts - ask.VOLTS) <= NEAR

    def again(self, place: str, answer: Heard) -> bool:
        """The last of two exchanges says that the vehicle has finished."""
        if place in {"PreCharge", "WeldingDetection"}:
            return not self._finished
        return ongoing(answer)

    def request(self, place: str) -> Said:
        """With the time of now in its header."""
        signature = None
        if place == "Authorization" and self._purse is not None:
            body, signature = self._by_contract(self._purse)
        else:
            body = self._body(place)
        return Said(body.replace(header=header(int(time.time()))), signature)

    def _body(self, place: str) -> Any:  # noqa: ANN401 - a message, here and below
        self._finished = False
        makers: dict[str, Callable[[], Any]] = {
            "SessionSetup": ask.session_setup,
            "AuthorizationSetup": ask.authorization_setup,
            "Authorization": ask.authorization,
            "ServiceDiscovery": ask.service_discovery,
            "ServiceDetail": partial(ask.service_detail, self._service),
            "ServiceSelection": self._selection,
            "ChargeParameterDiscovery": self._parameters,
            "ScheduleExchange": partial(ask.schedule, dynamic=self._control == "dynamic"),
            "CableCheck": ask.cable_check,
            "PreCharge": self._pre_charge,
            "Start": self._start,
            "Loop": self._loop,
            "Stop": partial(ask.delivery, ask.STEP.STOP),
            "WeldingDetection": self._welding,
            "SessionStop": ask.session_stop,
        }
        return makers[place]()

    def _by_contract(self, purse: Purse) -> tuple[Any, Any]:
        told = self._heard[CHALLENGED].pnc_as_res_authorization_mode
        leaf, *above = purse.contract().chain
        shown = common.PnCAReqAuthorizationMode(
            id="id1",
            gen_challenge=told.gen_challenge,
            contract_certificate_chain=common.ContractCertificateChain(
                certificate=leaf, sub_certificates=common.SubCertificates(certificate=tuple(above))
            ),
        )
        body = ask.by_contract().replace(pnc_a_req_authorization_mode=shown)
        return body, purse.signed(body).signature

    def _selection(self) -> object:
        chosen = parameter_set(self._heard["ServiceDetail"], self._control)
        return ask.service_selection(self._service, chosen)

    def _parameters(self) -> object:
        make = ask.ac_discovery if self._ac else ask.dc_discovery
        return make(both_ways=self._both)

    def _pre_charge(self) -> object:
        self._finished = self._near
        return ask.pre_charge(finished=self._near)

    def _welding(self) -> object:
        self._finished = "WeldingDetection" in self._heard
        return ask.welding(finished=self._finished)

    def _start(self) -> Any:  # noqa: ANN401
        told = self._heard["ScheduleExchange"].scheduled_se_res_control_mode
        plan = None if told is None else profile_for(told.schedule_tuple[0], 3_000.0)
        return ask.delivery(ask.STEP.START, plan)

    def _loop(self) -> Any:  # noqa: ANN401
        if self._control == "dynamic":
            return ask.dc_loop_dynamic()
        make = ask.ac_loop if self._ac else ask.dc_loop
        return make(both_ways=self._both)


def newer_path(service: str) -> tuple[str, ...]:
    """The places of one session at a plug, in order."""
    direct = energy_by_word("iso20")[service].mode.dc
    return (
        *("SessionSetup", "AuthorizationSetup", "Authorization"),
        *("ServiceDiscovery", "ServiceDetail", "ServiceSelection"),
        *("ChargeParameterDiscovery", "ScheduleExchange"),
        *(("CableCheck", "PreCharge") if direct else ()),
        *("Start", "Loop", "Stop"),
        *(("WeldingDetection",) if direct else ()),
        "SessionStop",
    )
