"""Signal matrices: read from DBC and ARXML, kept ready, and how bits become raw values."""
