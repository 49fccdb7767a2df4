"""Speech → tone: pure functions and small states over arrays. No Redis, no clock, no I/O but loading weights."""
