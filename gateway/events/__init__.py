"""Events out: from the durable stream to the listeners."""
