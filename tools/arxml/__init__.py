"""ARXML files that come with the product: definitions, defaults, system descriptions."""
