"""Drivers of a CAN bus: the simulated one, and every interface python-can knows."""
