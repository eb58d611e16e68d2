"""The station ECU put together: what it is made of, started in order, stopped in reverse."""
