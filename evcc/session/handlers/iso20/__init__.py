"""What the vehicle says in ISO 15118-20."""
