"""Non-volatile memory: versioned blocks that survive a restart, a power cut and a bad sector."""
