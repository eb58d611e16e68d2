"""The device model and what is set by it: variables, reports, 1.6 keys, networks, resets."""
