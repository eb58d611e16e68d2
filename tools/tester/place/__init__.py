"""The place a case is played at: the machine, the interface, the plug, and the device on it."""
