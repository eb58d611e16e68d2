"""What exists only in simulation: power line and modems, IPv6 network and TCP, the charging cable.

Everything here stands behind the same ports as the drivers of the host.
"""
