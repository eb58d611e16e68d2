"""Hostile input for the parsers, by the million."""
