"""What is wrong in a conversation: one set of checkers for decoder, monitor and report."""
