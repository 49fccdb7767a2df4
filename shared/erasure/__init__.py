"""Remove audio from Redis and its files."""
