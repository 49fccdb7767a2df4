"""How audio leaves Redis and its files."""
