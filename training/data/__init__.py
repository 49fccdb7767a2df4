"""Recordings, and what is made of them before anything is computed."""
