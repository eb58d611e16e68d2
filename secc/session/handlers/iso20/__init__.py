"""What the station says in ISO 15118-20."""
