"""Train small networks and convert existing ones."""
