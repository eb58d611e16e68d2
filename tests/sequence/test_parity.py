"""Both roles walk one table: after every exchange they allow the same, whatever was agreed.

Random walks over the real tables with random values in the messages; each side keeps its own
agreement, and learns from what passed as real EXI octets.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bsw.chrgm.agreement import Agreement, Tolerance
from bsw.chrgm.messages import din, iso2
from bsw.chrgm.placeholder import smallest
from bsw.chrgm.protocols import protocol
from bsw.chrgm.record import Said
from bsw.chrgm.sequence.model import Cursor, SequenceError

ID = b"\x01" * 8
MODULES: dict[str, Any] = {"din": din, "iso2": iso2}


def dc_status(messages: Any, draw: Any) -> Any:  # noqa: ANN401 - of either protocol
    return smallest(
        messages.DCEVSEStatus,
        evse_isolation_status=draw(st.sampled_from([None, *messages.IsolationLevel])),
        evse_status_code=draw(st.sampled_from(list(messages.DCEVSEStatusCode))),
        evse_notification=draw(st.sampled_from(list(messages.EVSENotification))),
    )


def exchange_values(name: str, table: Any, draw: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """A request and a positive response with random values in all that a table learns from."""
    messages = MODULES[name]
    status = dc_status(messages, draw)
    offer = smallest(messages.DCEVSEChargeParameter, dc_evse_status=status)
    meter = smallest(messages.MeterInfo) if draw(st.booleans()) else None
    processing = draw(st.sampled_from(list(messages.EVSEProcessing)))
    known: dict[str, Any] = {
        "dc_evse_status": status,
        "evse_charge_parameter": offer,
        "evse_processing": processing,
        "receipt_required": draw(st.booleans()),
        "meter_info": meter,
        "selected_payment_option": draw(st.sampled_from(list(messages.PaymentOption))),
    }
    if name == "iso2":
        known["requested_energy_transfer_mode"] = draw(
            st.sampled_from(list(iso2.EnergyTransferMode))
        )
        known["charge_progress"] = draw(st.sampled_from(list(iso2.ChargeProgress)))
    else:
        known["ready_to_charge_state"] = draw(st.booleans())
    return smallest(table.request, **known), smallest(table.response, **known)


@pytest.mark.parametrize("name", ["din", "iso2"])
@settings(max_examples=150)
@given(data=st.data())
def test_vehicle_and_station_allow_the_same_after_each_exchange(
    name: str, data: st.DataObject
) -> None:
    spoken = protocol(name)
    agreed = Agreement(
        secure=data.draw(st.booleans()),
        tolerated=data.draw(st.frozensets(st.sampled_from(Tolerance))),
    )
    vehicle, station = Cursor(spoken.table), Cursor(spoken.table)
    of_vehicle = of_station = agreed
    for _ in range(30):
        allowed = vehicle.allowed(of_vehicle)
        assert allowed == station.allowed(of_station)
        if not allowed:
            break
        chosen = data.draw(st.sampled_from(allowed))
        exchange = vehicle.step(chosen, of_vehicle)
        request, response = exchange_values(name, exchange, data.draw)
        assert station.step(chosen, of_station) is spoken.table.named(type(request))
        heard = spoken.dialect.decode(*spoken.dialect.encode(ID, Said(request))).body
        answer = spoken.dialect.decode(*spoken.dialect.encode(ID, Said(response))).body
        of_vehicle = exchange.learn(of_vehicle, request, answer)
        of_station = exchange.learn(of_station, heard, response)
        assert of_vehicle == of_station


@pytest.mark.parametrize("name", ["din", "iso2"])
@given(data=st.data())
def test_what_one_side_does_not_allow_the_other_refuses(name: str, data: st.DataObject) -> None:
    table = protocol(name).table
    cursor = Cursor(table)
    agreed = Agreement()
    others = [one for one in table.exchanges if one not in cursor.allowed(agreed)]
    with pytest.raises(SequenceError):
        cursor.step(data.draw(st.sampled_from(others)), agreed)


@pytest.mark.parametrize("name", ["din", "iso2"])
def test_what_somebody_else_has_made_goes_out_octet_for_octet_in_its_own_session(name: str) -> None:
    spoken = protocol(name).dialect
    response = smallest(MODULES[name].SessionSetupRes)
    number, octets = spoken.encode(ID, Said(response))
    made = replace(spoken.decode(number, octets), octets=octets + b"\0")  # as we would not write it
    said = Said(made.body, made.signature, made=made)
    assert spoken.encode(ID, said) == (number, octets + b"\0")
    other = b"\x02" * 8
    assert spoken.encode(other, said) == spoken.encode(other, Said(response))
