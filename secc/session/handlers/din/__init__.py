"""What the station says in DIN 70121."""
