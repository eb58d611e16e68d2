"""What a person runs besides the two ECUs.  Imports everything; nothing imports it."""
