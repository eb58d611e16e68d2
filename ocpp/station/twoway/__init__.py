"""Energy in both directions, as 2.1 has it: operation modes, readings from outside, permission."""
