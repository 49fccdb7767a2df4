"""A session as a file: JSON, CSV and captions."""
