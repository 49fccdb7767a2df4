"""Recordings, and how they are prepared before anything is computed."""
