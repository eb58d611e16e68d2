"""The station role: what an SECC answers at each step, its wiring and its command line."""
