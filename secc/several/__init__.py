"""Several outlets of one station in one process."""
