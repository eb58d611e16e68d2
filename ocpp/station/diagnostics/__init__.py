"""What the station tells of itself: monitored variables, security events, logs, customer data."""
