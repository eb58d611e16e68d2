"""Plug & Charge towards the back end: contracts shown, fetched for vehicles, and their standing."""
