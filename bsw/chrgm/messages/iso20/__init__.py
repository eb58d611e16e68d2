"""The messages of ISO 15118-20, one module per schema."""
