"""One way of moving a file for each scheme of a URL.  Drivers: they block."""
