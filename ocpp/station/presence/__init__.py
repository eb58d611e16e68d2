"""Whether the station is there for its back end, and whom of its calls it serves then."""
