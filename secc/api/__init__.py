"""The station's north side: commands in, variables out, by the names integrators know.

Whoever drives the station - power module on CAN, OCPP, MQTT, the bench - is a client of this
API.  Nothing here knows a protocol; the session reads the state and publishes the variables.
"""
