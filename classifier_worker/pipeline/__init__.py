"""From chunks to events: session by session, without Redis."""
