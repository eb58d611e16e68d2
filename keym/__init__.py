"""Keys, certificates, trust and contracts."""
