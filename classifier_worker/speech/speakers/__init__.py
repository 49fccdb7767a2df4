"""Tell who is speaking."""
