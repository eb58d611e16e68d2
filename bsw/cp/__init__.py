"""IEC 61851-1: the control pilot and the proximity contact, seen from either end."""
