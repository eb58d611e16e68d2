"""The report of a session: one HTML file that needs nothing but a browser."""
