"""What networks make of recordings, and sessions replayed from it."""
