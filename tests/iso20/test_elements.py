"""Element tables of the common messages, written down by hand: order, and what may be missing."""

import pytest

from bsw.chrgm.messages.iso20 import common

TABLES: dict[str, str] = {
    "ServiceDetailReq": "header service_id",
    "ServiceDetailRes": "header response_code service_id service_parameter_list",
    "ServiceSelectionReq": "header selected_energy_transfer_service selected_vas_list?",
    "ServiceSelectionRes": "header response_code",
    "PowerDeliveryReq": (
        "header ev_processing charge_progress ev_power_profile? bpt_channel_selection?"
    ),
    "PowerDeliveryRes": "header response_code evse_status?",
    "ScheduleExchangeReq": (
        "header maximum_supporting_points"
        " dynamic_se_req_control_mode? scheduled_se_req_control_mode?"
    ),
    "ScheduleExchangeRes": (
        "header response_code evse_processing go_to_pause?"
        " dynamic_se_res_control_mode? scheduled_se_res_control_mode?"
    ),
    "SessionStopReq": "header charging_session ev_termination_code? ev_termination_explanation?",
    "SessionStopRes": "header response_code",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_message_has_these_elements_in_this_order(name: str) -> None:
    """[V2G20-1251], [V2G20-1253], [V2G20-1262], [V2G20-1267], [V2G20-1272]."""
    kind = getattr(common, name)
    told = [f"{one.name}{'?' if one.default is None else ''}" for one in kind.__fields__]
    assert told == TABLES[name].split()
