"""The ECU awake and asleep."""
