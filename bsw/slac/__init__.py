"""Matching a vehicle with the station at the other end of its cable, and the modems' keys."""
