"""Hostile input by the million: for the parsers, and live for both ECUs."""
