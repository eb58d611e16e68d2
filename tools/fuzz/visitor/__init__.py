"""A hostile vehicle at a station: good up to a place, and what it knows of the session there."""
