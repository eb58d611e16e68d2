"""What the vehicle says in DIN 70121."""
