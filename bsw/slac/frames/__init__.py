"""The management messages of a power-line modem: layout, catalogue, vendors' own."""
