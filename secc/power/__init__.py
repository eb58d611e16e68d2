"""Power electronics of the station: on its bus, or simulated."""
