"""Diagnostic event memory: what went wrong, how often, and under what circumstances."""
