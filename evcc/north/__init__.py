"""The vehicle's north side: commands in, variables out.

The fifteen names integrators know from the EV interface, and what they lacked.  CAN, the bench
and test benches are clients of this API; the session only reads the state behind it.
"""
