"""Blocks of a station, by their letters."""
