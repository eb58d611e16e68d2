"""Both ECUs in one program over loopback; the station's current is lowered while they charge."""

from pilotwire import Station, Vehicle

MODE = "AC_three_phase_core"
HERE = {"network.interface": "lo", "network.sdp_port": 15298}
NO_BUS = {"api.values": "north", "can.bus.interface": "none", "session.tries": 20}

with Station({**HERE, "session.modes": [MODE]}) as station, Vehicle({**HERE, **NO_BUS}) as vehicle:
    vehicle.subscribe("ac_evse_max_current", lambda amps: print(f"the station allows {amps:g} A"))
    vehicle.call("set_ac_params", parameters={"max_voltage": 400, "max_current": 16})
    vehicle.call(
        "start_charging",
        EnergyTransferMode=MODE,
        SelectedPaymentOption={"payment_option": "ExternalPayment"},
        DepartureTime=0,
        EAmount=11,
    )
    vehicle.until("session_state", lambda state: state == "ChargingStatus")
    station.call("update_ac_max_current", max_current=9)
    vehicle.until("ac_evse_max_current", lambda amps: amps == 9)
    station.call("stop_charging", stop=True)
    print("ended:", vehicle.until("session_result")["ending"])
