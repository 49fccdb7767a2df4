"""What gateways and workers must agree on: events, sessions, Redis keys, settings. Imports neither side."""
