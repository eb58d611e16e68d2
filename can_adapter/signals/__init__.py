"""Signals while the bus runs: roles, reception and transmission, quality, end-to-end protection."""
