"""Drivers for a plug that exists only as a process: pilot, power line and copper over loopback.

They stand where the drivers of real hardware stand and implement the same ports, so that an ECU
process can be run whole on any machine.
"""
