"""The safety island: the protocol to the processor that owns pilot and contactors."""
