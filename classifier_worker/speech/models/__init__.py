"""Networks that are run, and where their files are."""
