"""Faults noticed, remembered and acted upon; what a tester may ask and set."""
