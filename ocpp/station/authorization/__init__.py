"""Who may charge when the back end is not asked: the cache, the local list, the master pass."""
