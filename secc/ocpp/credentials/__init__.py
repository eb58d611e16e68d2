"""Keys, certificates and roots of a station towards its back end."""
