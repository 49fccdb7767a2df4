"""Where speech begins and ends, and the windows it is cut into."""
