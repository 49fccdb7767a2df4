"""Redis: addresses, connections, scripts."""
