"""What manage.sh needs beyond bash: settings for the supervisor, checks before the start, waiting until ready."""
