"""The electronics of a plug as a node on a bus, simulated."""
