"""What our own traces tell of a run: while it goes on, and when it is over."""
