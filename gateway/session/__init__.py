"""The gateway's view of a session: its keys, its presence, its record."""
