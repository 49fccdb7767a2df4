"""Clean up erased audio, idle sessions and the append-only file."""
