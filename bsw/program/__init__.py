"""What both ECUs' commands have in common: arguments, doctor, shipped files, faults of the host."""
