"""The parts of manage.sh that need Python: settings for the supervisor, checks before a start, waiting until ready."""
