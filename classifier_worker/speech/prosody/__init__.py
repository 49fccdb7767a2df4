"""Measurements of a voice, and the prosody flags derived from them."""
