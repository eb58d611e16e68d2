"""Message classes: what they accept, what they refuse, how they say so."""

import copy
import math
import pickle

import pytest

from bsw.chrgm.messages import din, iso2, xmldsig
from bsw.chrgm.messages.iso20 import common, common_types, dc
from bsw.chrgm.messages.model import MessageError, assemble, problems, values

VOLT = iso2.Unit.V


def demand(**changes: object) -> iso2.CurrentDemandReq:
    status = iso2.DCEVStatus(ev_ready=True, ev_error_code=iso2.DCEVErrorCode.NO_ERROR, evresssoc=50)
    request = iso2.CurrentDemandReq(
        dc_ev_status=status,
        ev_target_current=iso2.PhysicalValue.of(100, iso2.Unit.A),
        charging_complete=False,
        ev_target_voltage=iso2.PhysicalValue.of(400.5, VOLT),
    )
    return request.replace(**changes) if changes else request


def test_messages_are_values() -> None:
    assert demand() == demand()
    assert hash(demand()) == hash(demand())
    assert demand() != demand(charging_complete=True)
    assert din.SessionStopReq() != din.ChargingStatusReq()
    assert bool(din.SessionStopReq())


def test_a_message_cannot_be_changed_but_replaced() -> None:
    request = demand()
    with pytest.raises(AttributeError, match=r"frozen; use replace\(charging_complete"):
        request.charging_complete = True  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del request.charging_complete
    changed = request.replace(charging_complete=True)
    assert changed.charging_complete
    assert not request.charging_complete


def test_the_repr_of_a_message_is_python_that_makes_it_again() -> None:
    assert eval(repr(demand()), vars(iso2)) == demand()
    assert "None" not in repr(demand())


def test_messages_survive_pickle_and_copy() -> None:
    assert pickle.loads(pickle.dumps(demand())) == demand()
    assert copy.deepcopy(demand()) == demand()
    assert copy.copy(demand()) == demand()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: iso2.PhysicalValue(multiplier=4, unit=VOLT, value=0),
            r"^PhysicalValue.multiplier: 4 is outside -3..3$",
        ),
        (
            lambda: iso2.PhysicalValue(multiplier=0, unit=VOLT, value=32768),
            r"^PhysicalValue.value: 32768 is outside -32768..32767$",
        ),
        (
            lambda: iso2.PhysicalValue(multiplier=0, unit="V", value=1),  # type: ignore[arg-type]
            r"^PhysicalValue.unit: expected Unit, got str$",
        ),
        (
            lambda: iso2.SessionSetupReq(evccid=b"1234567"),
            r"^SessionSetupReq.evccid: 7 octets, allowed 0..6 octets$",
        ),
        (
            lambda: iso2.AuthorizationReq(gen_challenge=b"short"),
            r"^AuthorizationReq.gen_challenge: 5 octets, allowed exactly 16 octets$",
        ),
        (
            lambda: iso2.SessionSetupRes(response_code=iso2.ResponseCode.OK, evseid="DE*"),
            r"^SessionSetupRes.evseid: 3 characters, allowed 7..37 characters$",
        ),
        (
            lambda: iso2.SessionSetupRes(response_code=iso2.ResponseCode.OK, evseid="\ud800" * 7),
            r"^SessionSetupRes.evseid: a lone surrogate is not a character$",
        ),
        (
            lambda: iso2.ServiceList(service=()),
            r"^ServiceList.service: 0 items, allowed 1..8 items$",
        ),
        (
            lambda: iso2.SupportedEnergyTransferMode(
                energy_transfer_mode=(iso2.EnergyTransferMode.DC_CORE, 3)  # type: ignore[arg-type]
            ),
            r"energy_transfer_mode: item 1: expected EnergyTransferMode, got int$",
        ),
        (
            lambda: demand(charging_complete=1),
            r"^CurrentDemandReq.charging_complete: expected bool, got int$",
        ),
        (
            lambda: demand(ev_target_voltage=None),
            r"^CurrentDemandReq.ev_target_voltage: expected PhysicalValue, got nothing$",
        ),
        (
            lambda: demand(ev_target_voltage=common_types.RationalNumber.of(1)),
            r"ev_target_voltage: expected PhysicalValue, got RationalNumber$",
        ),
        (
            lambda: iso2.PowerDeliveryRes(
                response_code=iso2.ResponseCode.OK,
                evse_status=demand().dc_ev_status,  # type: ignore[arg-type]
            ),
            r"evse_status: expected ACEVSEStatus or DCEVSEStatus, got DCEVStatus$",
        ),
        (
            lambda: iso2.V2GMessage(
                header=iso2.MessageHeader(session_id=b""),
                body=7,  # type: ignore[arg-type]
            ),
            r"^V2GMessage.body: expected one of the classes for BodyElement, got int$",
        ),
        (iso2.BodyBase, r"^BodyBase is abstract"),
        (
            lambda: iso2.Parameter(name="x"),
            r"^Parameter one of bool_value, .* is missing$",
        ),
        (
            lambda: iso2.Parameter(name="x", bool_value=True, int_value=1),
            r"^Parameter int_value cannot stand here",
        ),
        (
            lambda: xmldsig.DSAKeyValue(p=b"p", y=b"y"),
            r"^DSAKeyValue y cannot stand here, possible: q$",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_name(make: object, said: str) -> None:
    assert callable(make)
    with pytest.raises(MessageError, match=said):
        make()


def test_a_missing_or_misspelt_argument_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"SessionSetupReq.__init__\(\) missing .*'evccid'"):
        iso2.SessionSetupReq()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'evcc_id'"):
        iso2.SessionSetupReq(evcc_id=b"")  # type: ignore[call-arg]


def test_a_list_becomes_a_tuple() -> None:
    options = iso2.PaymentOptionList(payment_option=[iso2.PaymentOption.CONTRACT])  # type: ignore[arg-type]
    assert options.payment_option == (iso2.PaymentOption.CONTRACT,)


def test_at_most_one_of_two_price_schedules_stands_in_a_charging_schedule() -> None:
    power = common.PowerSchedule(
        time_anchor=0,
        power_schedule_entries=common.PowerScheduleEntryList(
            power_schedule_entry=(
                common.PowerScheduleEntry(duration=60, power=common_types.RationalNumber.of(11e3)),
            )
        ),
    )
    assert common.ChargingSchedule(power_schedule=power).price_level_schedule is None


def test_a_response_of_iso20_is_a_v2g_response() -> None:
    header = common_types.MessageHeader(session_id=bytes(8), time_stamp=0)
    response = dc.DCCableCheckRes(
        header=header,
        response_code=common_types.ResponseCode.OK,
        evse_processing=common_types.Processing.FINISHED,
    )
    assert isinstance(response, common_types.V2GResponse)
    assert response.response_code is common_types.ResponseCode("OK")


def test_without_checks_a_wrong_message_can_be_made_and_its_faults_listed() -> None:
    wrong = assemble(iso2.SessionSetupReq, b"1234567")
    message = assemble(iso2.V2GMessage, iso2.MessageHeader(session_id=b""), wrong)
    assert list(problems(message)) == ["SessionSetupReq.evccid: 7 octets, allowed 0..6 octets"]
    assert values(wrong) == (b"1234567",)
    with pytest.raises(MessageError, match="evccid"):
        wrong.replace()


@pytest.mark.parametrize(
    ("amount", "multiplier", "value"),
    [
        (0, 0, 0),
        (400, 0, 400),
        (400.5, -1, 4005),
        (-12.345, -3, -12345),
        (0.0004, 0, 0),
        (32767, 0, 32767),
        (32768, 1, 3277),
        (350_000, 2, 3500),
        (32_767_000, 3, 32767),
        (-32_768_000, 3, -32768),
        (2.3, -1, 23),
    ],
)
def test_a_quantity_takes_the_finest_exponent_that_fits(
    amount: float, multiplier: int, value: int
) -> None:
    made = iso2.PhysicalValue.of(amount, VOLT)
    assert (made.multiplier, made.value) == (multiplier, value)
    assert made.si() == pytest.approx(amount, rel=1e-4, abs=5e-4)
    assert float(made) == made.si()


@pytest.mark.parametrize("amount", [32_767_501, -32_768_501, math.inf, -math.inf, math.nan])
def test_a_quantity_that_does_not_fit_is_refused(amount: float) -> None:
    with pytest.raises(MessageError, match="PhysicalValue in W"):
        iso2.PhysicalValue.of(amount, iso2.Unit.W)


def test_limits_can_be_rounded_to_the_safe_side() -> None:
    assert iso2.PhysicalValue.of(125.67891, VOLT, rounding=math.floor).si() == 125.67
    assert iso2.PhysicalValue.of(125.67891, VOLT, rounding=math.ceil).si() == 125.68
    assert iso2.PhysicalValue.of(2.3, VOLT, rounding=math.floor).si() == 2.3


def test_times_are_seconds_whatever_the_unit_on_the_wire() -> None:
    assert iso2.PhysicalValue(multiplier=0, unit=iso2.Unit.H, value=2).si() == 7200
    assert iso2.PhysicalValue(multiplier=0, unit=iso2.Unit.M, value=2).si() == 120
    assert iso2.PhysicalValue(multiplier=0, unit=iso2.Unit.S, value=2).si() == 2
    assert iso2.PhysicalValue(multiplier=3, unit=iso2.Unit.WH, value=50).si() == 50_000


def test_a_unit_may_be_absent_in_din() -> None:
    assert din.PhysicalValue(multiplier=-1, value=5).si() == 0.5


@pytest.mark.parametrize(
    ("amount", "exponent", "value"),
    [(400.5, -1, 4005), (0.00012, 0, 0), (5e7, 4, 5000), (1e30, 26, 10000), (-0.5, -1, -5)],
)
def test_a_rational_number_stays_at_three_decimals(
    amount: float, exponent: int, value: int
) -> None:
    made = common_types.RationalNumber.of(amount)
    assert (made.exponent, made.value) == (exponent, value)
    assert made.si() == pytest.approx(amount, abs=5e-4)


def test_a_price_may_ask_for_finer_exponents() -> None:
    price = common_types.RationalNumber.of(0.00012, finest=-6)
    assert (price.exponent, price.value) == (-5, 12)


def test_a_rational_number_never_overflows() -> None:
    with pytest.raises(MessageError, match="RationalNumber"):
        common_types.RationalNumber.of(1e300)
