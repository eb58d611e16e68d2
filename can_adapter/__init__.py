"""Vehicle and station signals on CAN-FD.

This room turns frames into typed values in SI units and values into frames.  It knows freshness,
end-to-end protection and bus faults; it does not know sessions, messages of a charging protocol,
or what a value is good for.
"""
