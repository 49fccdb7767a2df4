"""How the networks are built from the packages that carry their weights."""
