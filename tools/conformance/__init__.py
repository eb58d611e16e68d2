"""Scripted testers: a vehicle that tests a station, a station that tests a vehicle.

The cases are data; the testers walk to a place of the session with valid content, do one thing
there, and judge what the device under test makes of it.
"""
