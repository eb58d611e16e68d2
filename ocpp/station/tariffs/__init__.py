"""Tariffs that the back end has given, and what they make a charge cost [I07 to I12]."""
