"""From speech to tone: pure functions and small states over arrays. No Redis, no clock; the only I/O loads weights."""
