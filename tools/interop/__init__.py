"""Our two roles against foreign stacks: environments, namespaces, the matrix and its table."""
