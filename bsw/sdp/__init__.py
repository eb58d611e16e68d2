"""SECC discovery: how a vehicle finds the station's address, and how a station answers."""
