"""What is measured of a voice, and the flags that are made of it."""
