"""Features of recordings, and sessions replayed from them."""
