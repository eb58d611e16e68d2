"""The charging manager: what vehicle and station say to each other, and in which order."""
