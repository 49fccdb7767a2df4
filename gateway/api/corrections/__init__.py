"""A person's corrections of readings and lines: the calls, and how corrections are stored."""
