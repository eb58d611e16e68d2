"""Tools for signal matrices: their documentation, mapping templates, a live view of a bus."""
