"""Benchmarks: one module per room, each with a ``main`` that prints medians."""
