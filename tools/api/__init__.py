"""A person's way to a running role's north side: through its local door."""
