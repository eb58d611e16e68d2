"""Messages as people read and write them: XML and JSON, both ways, always in the same form."""
