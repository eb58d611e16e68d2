"""Thousands of seeded sessions with faults: what may never happen is watched."""
