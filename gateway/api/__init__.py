"""What clients may call: one file a call, or a group of calls."""
