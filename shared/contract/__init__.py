"""What others build on: events, records and streams."""
