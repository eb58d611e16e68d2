"""Crypto jobs and the drivers that hold the keys."""
