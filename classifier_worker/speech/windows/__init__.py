"""Find where speech begins and ends, and cut it into windows."""
