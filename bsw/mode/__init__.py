"""Mode management: the ECU's states, its channels, the rules between them, and the watchdog."""
