"""From chunks to events: one session after another, apart from Redis."""
