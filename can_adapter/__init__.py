"""Vehicle and station signals on CAN-FD."""
