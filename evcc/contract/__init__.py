"""The vehicle's keys, certificates and contracts."""
