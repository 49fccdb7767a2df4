"""Build the networks from the packages that carry their weights."""
