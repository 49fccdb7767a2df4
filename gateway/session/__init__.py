"""A session as the gateway knows it: its keys, its presence, its record."""
