"""Events out: from the durable stream to those who listen."""
