"""Drivers of the plug: pilot, proximity, lock, contactors, stop loop, temperature."""
