"""Scenarios: files that say who charges where, what happens meanwhile, and how it shall end."""
