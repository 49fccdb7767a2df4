"""The `linnet` command: one name for what the gateway and the worker do on the command line."""
