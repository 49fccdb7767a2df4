"""Independent measurements."""
