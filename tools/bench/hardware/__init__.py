"""A simulated vehicle and the hardware of a station, as nodes on their CAN buses.

What the two ECUs meet here they could meet in the field: each node sends what the matrices say,
and physics decides what it measures.  Nothing in here knows a charging protocol.
"""
