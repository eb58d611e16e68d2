"""The test bench for devices of other makers: the conformance cases over a real interface.

The cases and what they judge are those of ``tools.conformance``; this room owns the place they are
played at, the device's profile, the choice of cases, and the report with its evidence.
"""
