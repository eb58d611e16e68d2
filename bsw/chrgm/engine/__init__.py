"""Who walks a table of exchanges: asking, answering, side streams, time."""
