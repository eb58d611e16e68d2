"""Which vehicle hangs on which outlet: the state machines of both roles, and what moves them."""
