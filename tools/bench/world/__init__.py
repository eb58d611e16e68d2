"""Both ECUs in one place, for tests, benchmarks and the bench: the same roles, a simulated plug.

``direct`` puts the two engines next to each other with real EXI octets and nothing else;
``network`` adds discovery, TCP and TLS on whatever network it is given.
"""
